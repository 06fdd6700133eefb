import {expectEqual, expectTrue} from '../expect.js';
import {emulated} from '../guest/emulated.js';
import {makeProfile, planOf} from '../host-state.js';
import {guestCard} from '../machine/host.js';
import {installRom, loaderXml, reportOf, serialXml} from '../guest/report.js';
import {expectPlaced} from '../placed-guest.js';

/**
 * Twelve CPUs in six cores: three on each of two nodes alike, and the card on node 1. The flag svm lets the program plan for a
 * CPU that could not run KVM here: no module of KVM loads for an Intel CPU with it.
 */
const hardware = {
  cpu: 'Skylake-Server,+svm',
  cores: 1,
  threads: 2,
  nodes: [
    {cpus: [0, 1, 2, 3, 4, 5], memoryMiB: 2304},
    {cpus: [6, 7, 8, 9, 10, 11], memoryMiB: 2304},
  ],
};
const wanted = {vcpus: 4, memoryMiB: 256};

/** No CPU that the emulator gives sibling threads to can run KVM, so QEMU's own emulation stands in; all else is as written. */
const withoutKvm = (xml) =>
  emulated(xml)
    .replace(/<loader[^]*?<\/loader>|<os firmware='efi'>/, (found) => (found.startsWith('<os') ? '<os>' : ''))
    .replace(/<firmware>[^]*?<\/firmware>|<nvram[^]*?<\/nvram>/g, '')
    .replace(/<\/type>/, `</type>${loaderXml}`)
    .replace(/<serial[^]*?<\/serial>/, '')
    .replace(/<console[^]*?<\/console>/, '')
    .replace('</devices>', `${serialXml}</devices>`);

const domainOf = ({changes}) => changes.find(({path}) => path === '/etc/libvirt/qemu/lab.xml').content.text;

export const smt = {
  name: 'smt',
  isFast: false,
  title: 'On a host with sibling threads vCPU pairs share a core of the host, and see that they share a core',
  run: async (lab) => {
    const machine = await lab.installedHost({hardware});
    await installRom(machine);
    await makeProfile(machine, guestCard, wanted);
    const planned = await planOf(machine, 'lab.yaml');
    expectEqual(planned.code, 0, 'the exit code of plan');

    lab.say('each pair of vCPUs is on the siblings of one core of node 1, as the kernel tells them');
    const cpuOf = (vcpu) => planned.pinning.vcpus.find((one) => one.vcpu === vcpu).cpus;
    for (const first of [0, 2]) {
      const pair = [...cpuOf(first), ...cpuOf(first + 1)];
      const siblings = await machine.run(`cat /sys/devices/system/cpu/cpu${pair[0]}/topology/thread_siblings_list`);
      expectEqual(pair.join('-'), siblings.replace(',', '-'), `the CPUs of vCPU ${first} and ${first + 1}`);
      expectTrue(
        pair.every((cpu) => machine.host.nodes[machine.host.card.node].cpus.includes(cpu)),
        "a vCPU is not on the card's node",
      );
    }

    lab.say('the guest runs as the plan would write it; each of its CPUs tells its own place');
    await machine.run('vfio-pilot plan lab.yaml --out lab.plan >/dev/null', 60);
    const xml = withoutKvm(domainOf(JSON.parse(await machine.run('cat lab.plan'))));
    // Without KVM libvirt does not take the domain itself, so nothing is applied here: what boot would allocate is asked for by hand.
    await machine.run(
      `echo ${wanted.memoryMiB / 2} > /sys/devices/system/node/node${machine.host.card.node}/hugepages/hugepages-2048kB/nr_hugepages`,
    );
    await machine.run('qemu-img create -q -f qcow2 /var/lib/libvirt/images/lab.qcow2 64M', 60);
    await machine.run(`cat >lab.xml <<'XML'\n${xml}\nXML`);
    const reports = await reportOf(machine, {
      start: 'virsh create lab.xml',
      name: 'lab',
      cpus: 4,
      look: () => expectPlaced(machine, 'lab', {...wanted, kind: 'TCG', isIsolated: false}),
    });

    // Leaf b: subleaf 0 is the level of threads; EAX how far to shift the APIC id to get the core, EBX the threads, EDX the id.
    const seen = reports.map((report) => ({
      apic: report['b:0'][3],
      core: report['b:0'][3] >> report['b:0'][0],
      threads: report['b:0'][1],
    }));
    expectEqual(
      seen.map(({threads}) => threads),
      [2, 2, 2, 2],
      'the threads of a core that each CPU sees',
    );
    expectEqual(seen.map(({apic}) => apic).sort(), [0, 1, 2, 3], 'the APIC ids');
    expectEqual(
      seen.sort((one, other) => one.apic - other.apic).map(({core}) => core),
      [0, 0, 1, 1],
      'the cores of vCPU 0 to 3',
    );
  },
};
