import {expectEqual, expectMatch, expectTrue} from './expect.js';
import {driversOf, hugeMapsOf, hugepagesOf, parseCpus, threadsOf} from './host-state.js';

/**
 * A guest that is there, as the kernel and libvirt have it, against the host's description: the node of its card, the CPUs
 * of that node and every function of the card. `kind` is KVM or TCG.
 */
export const expectPlaced = async (machine, guest, {vcpus, memoryMiB, kind = 'KVM', isIsolated = true}) => {
  const {card, nodes} = machine.host;
  const {cpus: near} = nodes[card.node];
  const addresses = card.functions.map(({address}) => address);
  expectEqual(
    hostdevsOf(await machine.run(`virsh dumpxml ${guest}`)),
    addresses,
    'the functions that libvirt gives to the guest',
  );
  expectEqual(
    await driversOf(machine, addresses),
    addresses.map(() => 'vfio-pci'),
    'the drivers of the card',
  );
  expectMatch(
    await machine.run(`ls -l /proc/$(cat /run/libvirt/qemu/${guest}.pid)/fd 2>/dev/null; true`),
    /\/dev\/vfio\/\d+/,
    "QEMU's open files",
  );

  const threads = await threadsOf(machine, guest);
  const guestThreads = threads.filter(({name}) => name.endsWith(`/${kind}`));
  expectEqual(
    guestThreads.map(({name}) => name).sort(),
    Array.from({length: vcpus}, (_, vcpu) => `CPU ${vcpu}/${kind}`),
    'the threads of the vCPUs',
  );
  expectTrue(
    guestThreads.every(({cpus}) => cpus.length === 1),
    `a vCPU may run on several CPUs: ${JSON.stringify(guestThreads)}`,
  );
  const taken = guestThreads.flatMap(({cpus}) => cpus);
  expectEqual(new Set(taken).size, vcpus, `how many CPUs the vCPUs have (${taken})`);
  const helpers = threads.filter(({name}) => name === 'qemu-system-x86' || name.startsWith('IO iothread'));
  expectTrue(helpers.length >= 1, 'no thread of the emulator was found');
  for (const {name, cpus} of [...guestThreads, ...helpers])
    expectTrue(
      cpus.every((cpu) => near.includes(cpu)),
      `${name} may run on ${cpus}; the card is on node ${card.node} with the CPUs ${near}`,
    );
  for (const {name, cpus} of helpers)
    expectTrue(
      cpus.every((cpu) => !taken.includes(cpu)),
      `${name} may run on ${cpus}, of which vCPUs have ${taken}`,
    );

  if (isIsolated) {
    const left = parseCpus(await machine.run('cat /sys/fs/cgroup/system.slice/cpuset.cpus.effective'));
    expectEqual(
      left.filter((cpu) => taken.includes(cpu)),
      [],
      'the CPUs of vCPUs on which programs of the host may run',
    );
    expectTrue(
      nodes.flatMap(({cpus}, node) => (node === card.node ? [] : cpus)).every((cpu) => left.includes(cpu)),
      `the host has only the CPUs ${left} left`,
    );
  }

  const maps = await hugeMapsOf(machine, guest);
  expectMatch(
    maps,
    new RegExp(`bind:${card.node} .*N${card.node}=${memoryMiB / 2} kernelpagesize_kB=2048`),
    "the guest's memory",
  );
  for (const node of nodes.keys())
    if (node !== card.node)
      expectTrue(!new RegExp(` N${node}=`).test(maps), `memory of the guest is on node ${node}: ${maps}`);
  expectEqual(
    await hugepagesOf(machine, 'free'),
    nodes.map(() => 0),
    'free hugepages',
  );
};

/** The addresses of the PCI functions that a definition gives to the guest. */
export const hostdevsOf = (xml) =>
  [...xml.matchAll(/<hostdev [^>]*type='pci'[^]*?<source>([^]*?)<\/source>/g)].map(([, source]) => {
    const part = (name) => new RegExp(` ${name}='0x([0-9a-f]+)'`).exec(source)?.[1] ?? '?';
    return `${part('domain')}:${part('bus')}:${part('slot')}.${part('function')}`;
  });
