import type {FailureMode} from './failure-mode.ts';

/** What people meet on Xen. */
export const xenModes: readonly FailureMode[] = [
  {
    number: 82,
    what: 'The second card is hidden, and the first one is back in dom0: the new list replaced the old one.',
    sources: ['https://github.com/xapi-project/xen-api/blob/master/ocaml/xapi/pciops.ml'],
    handled: ['prevented'],
    how: 'The list that the boot loader’s files have, and what other guests have, is in the new one.',
  },
  {
    number: 83,
    what: 'The card is in xen-pciback.hide=, and after the boot its own driver has it: the module came too late.',
    handled: ['prevented', 'verified'],
    how: 'A script of the initramfs loads xen-pciback before udev loads any driver. verify tells a driver that was faster from an argument that is not there.',
    promises: ['xen-hidden'],
  },
  {
    number: 84,
    what: 'The system was started by another entry, without Xen or without the arguments, and the card is with the host.',
    sources: ['https://github.com/xcp-ng/xcp/issues/412'],
    handled: ['told', 'verified'],
    how: 'XEN_OVERRIDE_GRUB_DEFAULT=0 is warned of; verify says that this boot is without Xen, or which argument is missing.',
    codes: ['xen-entry-not-default'],
    promises: ['xen-running', 'xen-argument'],
  },
  {
    number: 85,
    what: 'Addresses move when a card is added, and xen-pciback.hide= takes another device from dom0.',
    sources: ['https://github.com/xcp-ng/xcp/issues/412'],
    handled: ['prevented'],
    how: 'The early script compares the ids at each address; if one differs, xen-pciback is not loaded, and nothing is hidden.',
  },
  {
    number: 86,
    what: '“Cannot be assigned - no IOMMU?”: VT-d or AMD-Vi is off in the firmware.',
    sources: ['https://github.com/xcp-ng/xcp-ng-org/blob/master/docs/compute.md'],
    handled: ['blocked', 'told'],
    how: 'virt_caps of xl info has to have the word hvm_directio.',
    codes: ['iommu-off'],
  },
  {
    number: 87,
    what: 'pci = "41:00.0" in a guest’s file is no list: xl only warns, and the guest starts without its card.',
    handled: ['told', 'prevented'],
    how: 'It is named, and the plan writes a list.',
    codes: ['guest-setting-replaced'],
  },
  {
    number: 88,
    what: 'Guests are placed by dom0’s own CPUs and its one node, which are virtual.',
    handled: ['prevented', 'blocked'],
    how: 'CPUs, nodes and memory come from xl info -n; without its answer nothing is placed.',
    codes: ['xen-silent'],
  },
  {
    number: 89,
    what: 'A guest with a card crashes as soon as it has more than 3.5 GiB of memory.',
    sources: [
      'https://github.com/QubesOS/qubes-issues/issues/4321',
      'https://github.com/QubesOS/qubes-issues/issues/5603',
    ],
    handled: ['prevented'],
    how: 'Where the card has memory that must be below 4 GiB, mmio_hole keeps 3072 MiB there for devices.',
  },
  {
    number: 90,
    what: 'usbdevice = [ "host:046d:c21f" ] of older guides: QEMU no longer accepts it, and the guest does not start.',
    handled: ['told'],
    how: 'Such a line is named. A single USB device is refused, and a whole controller recommended.',
    codes: ['guest-setting-replaced'],
  },
  {
    number: 91,
    what: 'The CPUs of a guest are in another pool than the guest (cpupool-numa-split), or its pool is gone after the reboot.',
    handled: ['told', 'verified'],
    how: 'The pools of xl cpupool-list are compared with the pins and with pool = of the guest’s file.',
    codes: ['xen-pool'],
    promises: ['xen-pool'],
  },
  {
    number: 92,
    what: 'Xen is installed and the plan was made without it; the next boot starts Xen, and vfio-pci finds no IOMMU.',
    handled: ['told'],
    how: 'An image of Xen in /boot is named, with what makes GRUB start the entry without it.',
    codes: ['xen-installed'],
  },
];
