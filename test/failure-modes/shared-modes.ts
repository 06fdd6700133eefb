import type {FailureMode} from './failure-mode.ts';

/** Devices of which the host keeps the greater part. */
export const sharedModes: readonly FailureMode[] = [
  {
    number: 49,
    what: 'A guest starts with the host before its virtual functions are there.',
    handled: ['prevented', 'verified'],
    how: 'A unit makes them before libvirt’s daemon, which starts guests, and counts them again.',
    promises: ['vf-count'],
  },
  {
    number: 50,
    what: 'A virtual function has another address than before, and the guest gets another device or none.',
    handled: ['prevented', 'verified'],
    how: 'The profile names card and number; verify compares with the kernel’s list, and apply corrects the definition of the guest.',
    promises: ['vf-address'],
  },
  {
    number: 51,
    what: 'A virtual network function has another MAC address at each start.',
    handled: ['prevented'],
    how: 'It is an interface of the guest, for which libvirt sets MAC address and VLAN through the card.',
  },
  {
    number: 52,
    what: 'The number of virtual functions is changed while a guest uses one.',
    handled: ['blocked', 'prevented'],
    how: 'Refused with the guest’s name, and by the unit’s script too: the kernel takes all of them away.',
    codes: ['vf-in-use'],
  },
  {
    number: 53,
    what: 'Two programs set the number of virtual functions.',
    handled: ['blocked', 'told'],
    how: 'sysfsutils, systemd’s .link and .network files and udev rules are read and named with their line.',
    codes: ['vf-count-owned-elsewhere'],
  },
  {
    number: 54,
    what: 'A kernel update brings the stock i915, which makes no virtual functions.',
    handled: ['blocked'],
    how: 'The i915 of each installed kernel is asked for the parameter max_vfs.',
    codes: ['vf-driver-unfit'],
  },
  {
    number: 55,
    what: 'The number is written before the card has its driver, or something else has taken the card.',
    handled: ['blocked', 'prevented', 'verified'],
    how: 'The unit waits for the driver and tries again; what gives the card to vfio-pci is named with its file.',
    codes: ['vf-pf-has-no-driver', 'vf-parent-taken'],
    promises: ['vf-parent', 'vf-count'],
  },
  {
    number: 56,
    what: 'NVIDIA’s and AMD’s data-centre drivers make virtual functions by programs of their own and refuse the kernel’s way.',
    handled: ['blocked', 'not served'],
    how: 'Both are known by the driver of the card; what to do by hand is said.',
    codes: ['vf-managed-by-vendor', 'gim-not-served'],
  },
];
