/**
 * The emulated hosts, as a person who built them would describe them. `arguments.js` makes QEMU's arguments of it, and what
 * a scenario expects comes from here, never from what the program under test says.
 *   00:01.0        the host's own display, id 1234:1111
 *   00:03.0        the disk, virtio
 *   01:00.0        the only NIC, e1000e, behind a port of its own
 *   02:00.0, 03:00.0  a third display and a USB controller in one dirty group, which two ports without ACS make
 *   41:00.0, .1    on node 1, behind a port of its own: the guest's card, a display with the same id 1234:1111 and its sound
 */

/**
 * Two alike, so that nothing but the card itself speaks for node 1: of equal ones node 0 comes first. With three cores in a
 * socket the emulated kernel hung at its start.
 */
const plainNodes = [
  {cpus: [0, 1, 2], memoryMiB: 2304},
  {cpus: [3, 4, 5], memoryMiB: 2304},
];

/**
 * `guestBus` is the bus that the guest's card hangs from; with `vars`, a file for its variables, the firmware is UEFI; with
 * `hasVirtualFunctions` there is an NVMe controller that makes four of them, and each of `networkCards` is an igb that makes
 * seven (QEMU 8.0 and newer).
 */
export const describeHost = ({
  vars,
  guestBus = 0x40,
  cpu = 'EPYC,+svm,+npt,+x2apic,+topoext',
  cores = 1,
  threads = 1,
  threading = 'multi',
  nodes = plainNodes,
  hasVirtualFunctions = false,
  networkCards = [],
} = {}) => {
  const slot = `0000:${(guestBus + 1).toString(16)}:00`;
  const count = nodes.flatMap(({cpus}) => cpus).length;
  return {
    vars,
    guestBus,
    cpu,
    threading,
    nodes,
    hasVirtualFunctions,
    networkCards,
    smp: `${count},sockets=${count / cores / threads},cores=${cores},threads=${threads}`,
    /** Each function with the driver that the kernel gives it where nobody asks for another. */
    card: {
      node: 1,
      functions: [
        {address: `${slot}.0`, driver: 'bochs-drm'},
        {address: `${slot}.1`, driver: 'snd_hda_intel'},
      ],
    },
    others: [
      {address: hostCard, driver: 'bochs-drm'},
      {address: disk, driver: 'virtio-pci'},
      {address: nic, driver: 'e1000e'},
      {address: sharedCard, driver: 'bochs-drm'},
      {address: sharedNeighbour, driver: 'xhci_hcd'},
      {address: `0000:${guestBus.toString(16)}:00.0`, driver: 'pcieport'},
    ],
  };
};

/**
 * What Xen starts on in the emulator: without MONITOR, whose MWAIT it panics over, and without SMAP and SMEP, with which
 * a PV dom0 dies at its first fault. The first node ends where the gap below 4 GiB begins: Xen counts a gap as memory of
 * the node that has it. One thread for all CPUs: a PV dom0 interrupts them with each change of its page tables, and on
 * threads of their own they waited for their turn on this machine each time (a start of a program took 2.1 s, and 0.15 s so).
 */
export const xenHardware = {
  cpu: 'EPYC,+svm,+npt,+x2apic,-monitor,-smap,-smep',
  threading: 'single',
  cores: 2,
  nodes: [
    {cpus: [0, 1], memoryMiB: 2048},
    {cpus: [2, 3], memoryMiB: 2048},
  ],
};

export const guestCard = '0000:41:00.0';
export const guestSound = '0000:41:00.1';
export const hostCard = '0000:00:01.0';
export const sharedCard = '0000:02:00.0';
export const sharedNeighbour = '0000:03:00.0';
const [disk, nic] = ['0000:00:03.0', '0000:01:00.0'];
