import type {HostFacts} from '../../../facts/host-facts.ts';
import {installCommand} from '../../../facts/packages.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import type {KvmGuestPlan, Plan} from '../../../plan/plan.ts';
import type {GuestTasks, Task, TaskCommand} from '../../../plan/task.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import {lookingGlassTasks} from '../looking-glass/tasks.ts';
import {cardDriver, connector} from '../../card-tasks.ts';
import {isCard, showsOnCard} from '../../../plan/device/card-outputs.ts';
import {type KvmPlan, kvmPlanOf} from '../kvm-plan.ts';
import {labelTasks} from '../selinux-labels.ts';
import {toggleKeys} from '../toggle-keys.ts';
import {listWords} from '../../../words/list-words.ts';

const asRoot = (text: string): TaskCommand => ({text, needsRoot: true});
const install = ({packageManager}: HostFacts, wanted: Parameters<typeof installCommand>[1]): readonly TaskCommand[] => {
  const command = installCommand(packageManager, wanted);
  return command === null ? [] : [asRoot(command)];
};

/** What no program can do for a person: media, installers, drivers, cables. */
export const guestTasks = (facts: HostFacts, planned: Plan): GuestTasks => {
  const plan = kvmPlanOf(planned);
  return {
    beforeReboot: [
      ...(plan.guest.isNew
        ? [...missingSoftware(facts, plan), ...diskImage(facts, plan), ...installer(plan), ...virtioDrivers(plan)]
        : []),
      ...labelTasks(facts, plan.guest),
    ],
    afterReboot: [
      firstStart(facts, plan),
      ...prepare(plan),
      // The monitor of a card that is lent is there.
      ...(hasOwnDisplay(plan) || (plan.handover !== null && showsOnCard(plan)) ? [] : connector(plan)),
      ...cardDriver(plan),
      ...lookingGlassTasks(plan.guest),
      ...mountShares(plan),
      ...input(facts, plan),
      ...run(plan),
    ],
  };
};

const missingSoftware = (facts: HostFacts, {guest}: KvmPlan): readonly Task[] => {
  const {firmware, hasSwtpm} = libvirtOf(facts);
  const isFirmwareThere = guest.firmware === 'bios' || firmware.length > 0;
  const wanted = [
    ...(guest.hasTpm && !hasSwtpm ? (['swtpm'] as const) : []),
    ...(isFirmwareThere ? [] : (['ovmf'] as const)),
  ];
  if (wanted.length === 0) return [];
  const names = {swtpm: 'swtpm (its TPM)', ovmf: 'OVMF (its UEFI firmware)'};
  return [
    {
      id: 'packages',
      title: `Install ${listWords(wanted.map((one) => names[one]))}`,
      why: 'The guest does not start without it.',
      commands: install(facts, wanted),
    },
  ];
};

const diskImage = ({namedFiles}: HostFacts, {guest: {disk, diskFormat, newDisk}}: KvmPlan): readonly Task[] =>
  disk.startsWith('/dev/') || newDisk !== null || namedFiles[disk]?.state === 'file'
    ? []
    : [
        {
          id: 'disk-image',
          title: 'Create the disk image, unless you have it already',
          why: 'It grows as the guest fills it; 100G is the most that it can take.',
          commands: [asRoot(`qemu-img create -f ${diskFormat} ${quoteForShell(disk)} 100G`)],
        },
      ];

/** As virsh(1) has it: `--config` is for the next start. */
const attachIso = (guest: string, iso: string, target: string): TaskCommand =>
  asRoot(
    `virsh attach-disk ${quoteForShell(guest)} ${iso} ${target} --type cdrom --mode readonly --targetbus sata --config`,
  );

const installer = ({guest}: KvmPlan): readonly Task[] =>
  guest.cdrom !== null
    ? []
    : [
        {
          id: 'installer',
          title: 'Give the guest an installer, unless its disk has a system already',
          why: 'Put the ISO image there first. At the first start press Esc, and choose it in the boot menu of the firmware.',
          commands: [attachIso(guest.name, '/var/lib/libvirt/images/INSTALLER.iso', 'sdb')],
        },
      ];

/** The disk and the network card are virtio devices, of which the installer of Windows knows nothing. */
const virtioDrivers = ({guest}: KvmPlan): readonly Task[] =>
  guest.os.startsWith('windows') && guest.drivers === null && guest.diskBus === 'virtio'
    ? [
        {
          id: 'virtio-drivers',
          title: 'Give the guest the virtio drivers for Windows (virtio-win.iso)',
          why: `The installer of Windows does not see the disk without them: ${loadDriver} They also drive the network card.`,
          commands: [attachIso(guest.name, '/var/lib/libvirt/images/virtio-win.iso', 'sdc')],
        },
      ]
    : [];

const loadDriver = 'choose "Load driver" there, then viostor.';

/** The screen of the host is gone while its card is lent, and with it every window. */
const viewer = (facts: HostFacts, {guest, handover}: KvmPlan): readonly TaskCommand[] =>
  handover === null
    ? [...install(facts, ['virt-viewer']), asRoot(`virt-viewer --connect qemu:///system ${quoteForShell(guest.name)}`)]
    : [
        {
          text: `virt-viewer --connect qemu+ssh://root@HOST/system ${quoteForShell(guest.name)}`,
          needsRoot: false,
        },
      ];

const firstStart = (facts: HostFacts, plan: KvmPlan): Task => {
  const {guest, handover} = plan;
  const name = quoteForShell(guest.name);
  const hasDrivers = guest.os.startsWith('windows') && guest.drivers !== null && guest.diskBus === 'virtio';
  const screen = !guest.isNew
    ? guest.phase === 'run'
      ? 'It has no emulated screen any more.'
      : 'The screens that it had before stay.'
    : guest.phase === 'run'
      ? guest.lookingGlass === null
        ? 'It shows on its card.'
        : 'Looking Glass shows it.'
      : `The installer shows on the emulated screen: virt-viewer opens it.${hasDrivers ? ` It does not see the disk at first: ${loadDriver}` : ''}`;
  return {
    id: 'first-start',
    title: 'Start the guest',
    why:
      handover === null
        ? screen
        : `Your desktop session ends then, and comes back when the guest stops: save your work. ${guest.isNew ? 'Install the guest from another computer: the last command is for that one, with the name of this host for HOST.' : ''}`.trim(),
    commands: [asRoot(`virsh start ${name}`), ...(guest.isNew && guest.phase !== 'run' ? viewer(facts, plan) : [])],
  };
};

const input = (facts: HostFacts, {guest, devices}: KvmPlan): readonly Task[] => {
  if (guest.evdev.length > 0) return [switchInput(guest)];
  if (guest.lookingGlass !== null && guest.screen === 'spice') return [];
  return showsOnCard({devices})
    ? [
        {
          id: 'keyboard-and-mouse',
          title: 'Give the guest a keyboard and a mouse',
          why: 'A second pair, by the ids that lsusb shows, once for each. While virt-viewer is open, its window takes yours.',
          commands: [
            {text: 'lsusb', needsRoot: false},
            ...install(facts, ['virt-xml']),
            asRoot(`virt-xml ${quoteForShell(guest.name)} --add-device --hostdev 0xVENDOR:0xPRODUCT`),
          ],
        },
      ]
    : [];
};

const mountShares = ({guest: {shares, os}}: KvmPlan): readonly Task[] =>
  shares.length === 0
    ? []
    : [
        {
          id: 'shared-folders',
          title: 'Mount the shared folders in the guest',
          why: os.startsWith('windows')
            ? 'Install WinFsp and the virtio-win guest tools there, and start the service VirtIO-FS.'
            : 'In the guest, as root; the folder must be there.',
          commands: os.startsWith('windows')
            ? []
            : shares.map(({tag}) => ({text: `mount -t virtiofs ${tag} /mnt`, needsRoot: true})),
        },
      ];

/** The driver of Looking Glass since 2026 makes a display of its own, for which nothing needs to be plugged in. */
const hasOwnDisplay = ({guest: {lookingGlass}}: KvmPlan): boolean => lookingGlass?.release === 'idd';

const switchInput = ({evdev, evdevToggle, phase}: KvmGuestPlan): Task => {
  const keys = toggleKeys[evdevToggle ?? 'ctrl-ctrl'];
  return {
    id: 'keyboard-and-mouse',
    title: `Press ${keys} to switch ${evdev.length === 1 ? 'your keyboard' : 'keyboard and mouse'} between host and guest`,
    why: `The guest takes ${evdev.length === 1 ? 'it' : 'them'} when it starts${phase === 'install' ? ', once it is in the phase prepare' : ''}. The switch happens when you let go of the keys.`,
    commands: [],
  };
};

const phase = (name: string, to: 'prepare' | 'run'): TaskCommand => ({
  text: `guest phase ${quoteForShell(name)} ${to}`,
  needsRoot: true,
  isOwn: true,
});

/** Until then the guest has no card whose driver could be installed. */
const prepare = ({guest, handover}: KvmPlan): readonly Task[] =>
  guest.phase === 'install'
    ? [
        {
          id: 'phase-prepare',
          title: 'Once the system is installed, give the guest the card',
          why: `Shut it down first. It keeps the emulated screen, and gets ${guest.drivers === null ? 'no medium' : 'the medium with drivers'}.`,
          commands: [
            phase(guest.name, 'prepare'),
            ...(handover === null ? [asRoot(`virsh start ${quoteForShell(guest.name)}`)] : []),
          ],
        },
      ]
    : [];

const run = ({guest, devices}: KvmPlan): readonly Task[] =>
  (guest.isNew || guest.phase === 'install' || guest.phase === 'prepare') &&
  guest.phase !== 'run' &&
  (showsOnCard({devices}) || (guest.lookingGlass !== null && devices.some(isCard)))
    ? [
        {
          id: 'phase-run',
          title: `Take the emulated screen away, once ${guest.lookingGlass === null ? 'the card' : 'Looking Glass'} shows the guest`,
          why: `${guest.lookingGlass === null ? 'With it go its keyboard and mouse, and the media.' : 'With it go the media.'} Until then the guest has two screens.`,
          commands: [phase(guest.name, 'run')],
        },
      ]
    : [];
