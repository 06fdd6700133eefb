import type {HostFacts} from '../../../facts/host-facts.ts';
import type {Plan} from '../../../plan/plan.ts';
import type {GuestTasks, Task, TaskCommand} from '../../../plan/task.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import {cardDriver, connector} from '../../card-tasks.ts';
import {showsOnCard} from '../../../plan/device/card-outputs.ts';
import {type ProxmoxPlan, proxmoxPlanOf} from '../proxmox-facts.ts';

/** What no program can do for a person: disks, installers, drivers, cables. */
export const guestTasks = (_facts: HostFacts, planned: Plan): GuestTasks => {
  const plan = proxmoxPlanOf(planned);
  return {
    beforeReboot: plan.guest.isNew ? [disk(plan), ...installer(plan), ...virtioDrivers(plan)] : [],
    afterReboot: [firstStart(plan), ...connector(plan), ...cardDriver(plan), ...input(plan), ...emulatedScreen(plan)],
  };
};

const qm = (verb: string, {guest: {vmid}}: ProxmoxPlan, ...options: readonly string[]): TaskCommand => ({
  text: ['qm', verb, String(vmid), ...options.map(quoteForShell)].join(' '),
  needsRoot: true,
});

const disk = (plan: ProxmoxPlan): Task => ({
  id: 'disk-image',
  title: 'Give the guest a disk',
  why: 'This one has 64 GiB; `pvesm status` lists the storages.',
  commands: [qm('set', plan, '--scsi0', `${plan.guest.storage ?? 'STORAGE'}:64`)],
});

const installer = (plan: ProxmoxPlan): readonly Task[] =>
  plan.guest.cdrom !== null
    ? []
    : [
        {
          id: 'installer',
          title: 'Give the guest an installer',
          why: 'Upload the ISO image first: in the web interface, at the storage under ISO Images.',
          commands: [qm('set', plan, '--ide2', 'local:iso/INSTALLER.iso,media=cdrom')],
        },
      ];

/** The disk and the network card are virtio devices, of which the installer of Windows knows nothing. */
const virtioDrivers = (plan: ProxmoxPlan): readonly Task[] =>
  plan.guest.os.startsWith('windows')
    ? [
        {
          id: 'virtio-drivers',
          title: 'Give the guest the virtio drivers for Windows (virtio-win.iso)',
          why: 'The installer of Windows does not see the disk without them: choose "Load driver" there, then vioscsi. They also drive the network card.',
          commands: [qm('set', plan, '--ide0', 'local:iso/virtio-win.iso,media=cdrom')],
        },
      ]
    : [];

const firstStart = (plan: ProxmoxPlan): Task => ({
  id: 'first-start',
  title: 'Start the guest',
  why: plan.guest.isNew
    ? 'The installer shows in the web interface, under Console.'
    : 'The screens that it had before stay.',
  commands: [qm('start', plan)],
});

const input = (plan: ProxmoxPlan): readonly Task[] =>
  showsOnCard(plan)
    ? [
        {
          id: 'keyboard-and-mouse',
          title: 'Give the guest a keyboard and a mouse',
          why: 'A second pair, by the ids that lsusb shows, usb0 and usb1. While the console is open, its window takes yours.',
          commands: [{text: 'lsusb', needsRoot: false}, qm('set', plan, '--usb0', 'host=VENDOR:PRODUCT')],
        },
      ]
    : [];

const emulatedScreen = (plan: ProxmoxPlan): readonly Task[] =>
  plan.guest.isNew && showsOnCard(plan)
    ? [
        {
          id: 'emulated-screen',
          title: 'Turn the emulated screen off, once the card shows the guest',
          why: 'Until then the guest has two screens. The console in the web interface is gone after it.',
          commands: [qm('set', plan, '--vga', 'none')],
        },
      ]
    : [];
