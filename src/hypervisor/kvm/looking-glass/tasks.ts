import type {KvmGuestPlan} from '../../../plan/plan.ts';
import type {Task} from '../../../plan/task.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import {memoryPath} from './files.ts';

/** The half in the guest, and the window. */
export const lookingGlassTasks = ({name, lookingGlass, screen}: KvmGuestPlan): readonly Task[] => {
  if (lookingGlass === null) return [];
  const {release, user} = lookingGlass;
  const isSpice = screen === 'spice';
  return [
    {
      id: 'looking-glass-guest',
      title: 'Install Looking Glass in the guest',
      why: `From looking-glass.io: ${release === 'idd' ? 'the driver (IDD)' : release === 'b7' ? 'the host application B7' : 'what belongs to your client'}. Guest and client need the same release.`,
      commands: [],
    },
    {
      id: 'looking-glass-client',
      title: `Show the guest in a window, as ${user}`,
      why: isSpice
        ? 'The first command prints the port, after the last colon: if it is not 5900, put it after -p.'
        : 'Without SPICE the window only shows the picture.',
      commands: [
        ...(isSpice
          ? [{text: `virsh -c qemu:///system domdisplay --type spice ${quoteForShell(name)}`, needsRoot: true}]
          : []),
        {
          text: `looking-glass-client -f ${memoryPath(lookingGlass)} ${isSpice ? '-p 5900' : '-s'}`,
          needsRoot: false,
        },
      ],
    },
  ];
};
