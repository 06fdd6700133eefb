import {line, segment, wrapText} from '../lines.ts';
import type {Line} from '../lines.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {WizardState} from '../wizard/state.ts';

export const startLines = ({services}: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const saved = services.savedProfiles[(state.focus.start ?? 0) - 1];
  if (saved === undefined) return wrapText('Proposes everything from the facts of this host. Each step can be changed; nothing is written before the step "Apply".', columns);
  const {profile, path} = saved;
  return [
    ...(profile.description === null ? [] : wrapText(profile.description, columns)),
    [segment('File     ', 'muted'), segment(path)],
    [segment('Devices  ', 'muted'), segment(profile.devices.map((device) => device.address).join(', '))],
    [segment('Guest    ', 'muted'), segment(`${profile.guest.name}, ${profile.cpu.vcpus} vCPUs, ${profile.memory.sizeMiB} MiB`)],
    line('The steps that follow begin with what it says.'),
  ];
};
