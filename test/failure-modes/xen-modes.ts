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
];
