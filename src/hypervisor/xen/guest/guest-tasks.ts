import type {HostFacts} from '../../../facts/host-facts.ts';
import type {Plan} from '../../../plan/plan.ts';
import type {GuestTasks, Task, TaskCommand} from '../../../plan/task.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import {cardDriver, connector} from '../../card-tasks.ts';
import {isCard, showsOnCard} from '../../../plan/device/card-outputs.ts';
import {type XenPlan, xenPlanOf} from '../xen-facts.ts';

/** What no program can do for a person: disks, cables, drivers, the first start. */
export const guestTasks = (_facts: HostFacts, planned: Plan): GuestTasks => {
  const plan = xenPlanOf(planned);
  return {
    beforeReboot: plan.guest.isNew ? [...disk(plan), ...installer(plan)] : [],
    afterReboot: [
      ...takeByHand(plan),
      firstStart(plan),
      ...connector(plan),
      ...input(plan),
      ...cardDriver(plan),
      autostart(plan),
    ],
  };
};

const root = (...words: readonly string[]): TaskCommand => ({
  text: words.map(quoteForShell).join(' '),
  needsRoot: true,
});

const disk = ({guest}: XenPlan): readonly Task[] =>
  guest.disk.startsWith('/dev/')
    ? []
    : [
        {
          id: 'disk-image',
          title: 'Create the disk image',
          why: 'This one has 64 GiB, and takes room only as the guest fills it.',
          commands: [
            root('mkdir', '-p', guest.disk.slice(0, guest.disk.lastIndexOf('/'))),
            root('truncate', '-s', '64G', guest.disk),
          ],
        },
      ];

const installer = ({guest}: XenPlan): readonly Task[] =>
  guest.cdrom !== null
    ? []
    : [
        {
          id: 'installer',
          title: 'Give the guest an installer',
          why: `Add it to the list \`disk\` in ${guest.path}: "format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/path/to/installer.iso".`,
          commands: [],
        },
      ];

/** With binding: libvirt nothing is hidden at boot. */
const takeByHand = ({binding, devices}: XenPlan): readonly Task[] =>
  binding.by !== 'libvirt'
    ? []
    : [
        {
          id: 'take-devices',
          title: 'Take the devices from dom0, each time before the guest starts',
          why: 'Nothing in dom0 may use them then.',
          commands: devices.flatMap(({address}) =>
            address === null ? [] : [root('xl', 'pci-assignable-add', address)],
          ),
        },
      ];

const firstStart = ({guest, devices}: XenPlan): Task => ({
  id: 'first-start',
  title: 'Start the guest',
  why: `${showsOnCard({devices}) ? 'Its picture comes out of the card. ' : ''}\`xl dmesg\` and /var/log/xen say why it does not start.`,
  commands: [root('xl', 'create', guest.path)],
});

const input = ({devices}: XenPlan): readonly Task[] =>
  devices.some(isCard) && !devices.some((device) => device.class?.startsWith('0c03') === true)
    ? [
        {
          id: 'keyboard-and-mouse',
          title: 'Give the guest a keyboard and a mouse',
          why: 'The simplest way is a whole USB controller: add it to `devices`. For a single device its file needs usbctrl = [ "version=3,ports=4" ] and usbdev = [ "type=hostdev,hostbus=BUS,hostaddr=DEVICE" ], with the numbers of lsusb, which are others each time it is plugged in.',
          commands: [{text: 'lsusb', needsRoot: false}],
        },
      ]
    : [];

const autostart = ({guest}: XenPlan): Task => ({
  id: 'autostart',
  title: 'If the guest is to start with the host, link its file once all works',
  why: null,
  commands: [root('ln', '-s', guest.path, `/etc/xen/auto/${guest.name}.cfg`)],
});
