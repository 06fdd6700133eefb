import {expectEqual, expectMatch} from './expect.js';
import {driverOf, guestCard, hugeMapsOf, hugepagesOf, threadsOf} from './host-state.js';

/** Threads, memory and device of a guest that is there, as the kernel tells them, against the plan. `kind` is KVM or TCG. */
export const expectPlaced = async (machine, guest, {pinning, memory, isolation}, kind = 'KVM') => {
  expectEqual(await driverOf(machine, guestCard), 'vfio-pci', 'the driver of the card');
  expectMatch(await machine.run(`ls -l /proc/$(cat /run/libvirt/qemu/${guest}.pid)/fd`), /\/dev\/vfio\/\d+/, "QEMU's open files");

  const threads = await threadsOf(machine, guest);
  for (const {vcpu, cpus} of pinning.vcpus) expectMatch(threads, new RegExp(`^CPU ${vcpu}/${kind}=${asRanges(cpus)}$`, 'm'), 'the threads of the guest');
  for (const {iothread, cpus} of pinning.iothreads) expectMatch(threads, new RegExp(`^IO iothread${iothread}=${asRanges(cpus)}$`, 'm'), 'the threads of the guest');
  expectMatch(threads, new RegExp(`^qemu-system-x86=${asRanges(pinning.emulator)}$`, 'm'), 'the threads of the guest');

  if (isolation.method === 'cgroup') {
    expectMatch(await machine.run('cat /sys/fs/cgroup/system.slice/cpuset.cpus.effective'), new RegExp(`^${asRanges(isolation.hostCpus)}$`, 'm'), 'the CPUs of the host while the guest runs');
  }

  const [node] = memory.nodes;
  const pages = memory.hugepages.perNode[node];
  expectMatch(await hugeMapsOf(machine, guest), new RegExp(`bind:${node} .*N${node}=${pages} kernelpagesize_kB=2048`), "the guest's memory");
  expectEqual(await hugepagesOf(machine, 'free'), [0, 0], 'free hugepages');
};

/** As the kernel writes CPU lists: 4,6-7. */
const asRanges = (cpus) => {
  const runs = [];
  for (const cpu of [...cpus].sort((one, other) => one - other)) {
    const last = runs.at(-1);
    if (last?.to === cpu - 1) last.to = cpu;
    else runs.push({from: cpu, to: cpu});
  }
  return runs.map(({from, to}) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
};
