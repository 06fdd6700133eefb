import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {commandLineOf, expectDrivers, filesOf, makeProfile} from '../host-state.js';
import {guestCard} from '../machine/host.js';
import {
  assignableOf,
  expectPinned,
  expectPools,
  expectPromises,
  guestFunctionsOf,
  hypervisorLineOf,
  poolOf,
  vcpusOf,
  xenEntry,
} from '../xen-state.js';

const guest = 'lab';
const pool = `vfio-pilot-${guest}`;
const wanted = {guest, vcpus: 2, memoryMiB: 512};

export const xen = {
  name: 'xen',
  isFast: false,
  title:
    'dom0 of Xen: check, plan, apply, reboot through GRUB, the card of three twins hidden, the HVM guest on its CPUs in a pool of its own, verify, a promise broken, rollback; then the same disk without Xen',
  run: async (lab) => {
    const machine = await lab.installedHost({image: 'debian-12-xen'});
    const {card} = machine.host;
    const addresses = card.functions.map(({address}) => address);
    const before = {
      files: await filesOf(machine),
      commandLine: await commandLineOf(machine),
      hypervisorLine: await hypervisorLineOf(machine),
    };
    expectMatch(before.hypervisorLine, /iommu=verbose,force,no-sharept .*loglvl=info/, "the owner's arguments of Xen");
    await expectDrivers(machine, {isGivenAway: false});

    lab.say('check finds a dom0 that is ready');
    const check = await machine.run('vfio-pilot check', 150);
    expectMatch(check, / 0 errors/, 'check');
    expectMatch(check, /dom0 \(PV\)/, 'what check says of Xen');

    lab.say('plan shows the changes and writes nothing');
    await makeProfile(machine, guestCard, wanted);
    await machine.run(`sed -i 's/^cpu:$/&\\n  pool: own/' lab.yaml && grep -qx '  pool: own' lab.yaml`);
    expectEqual(await planCodeOf(machine), 10, 'the exit code of plan');
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot');

    lab.say('apply, reboot through GRUB into Xen');
    await machine.run('vfio-pilot apply lab.yaml --yes', 600);
    await machine.reboot(xenEntry);
    await expectArgumentsKept(machine, before);

    lab.say(
      'the card is hidden, its twins and every other function of the host are where they were, and a second plan has nothing to do',
    );
    await expectDrivers(machine, {isGivenAway: true, keeper: 'pciback'});
    expectEqual(await assignableOf(machine), addresses, 'what xl can give to a guest');
    expectEqual(await planCodeOf(machine), 0, 'the exit code of the second plan');

    lab.say('the CPUs of the card’s node are in a pool of their own, and dom0 has the others');
    await expectPools(machine, {[pool]: near(machine), 'Pool-0': far(machine)});
    expectEqual(await poolOf(machine, 'Domain-0'), 'Pool-0', 'the pool of dom0');

    lab.say('xl makes the guest of the file that apply wrote');
    await startGuest(machine);
    expectEqual(await guestFunctionsOf(machine, guest), addresses, 'the functions that the guest has');
    expectEqual(await assignableOf(machine), [], 'what xl can give to another guest');
    await expectPinned(machine, guest, wanted);
    expectEqual(await poolOf(machine, guest), pool, 'the pool of the guest');
    lab.say('every promise is kept');
    await expectPromises(machine);

    lab.say('a vCPU that is pinned elsewhere is NOT KEPT, and nothing else');
    const [first, second] = await vcpusOf(machine, guest);
    await machine.run(`xl vcpu-pin ${guest} 0 ${second.hard}`);
    await expectPromises(machine, ['guest-vcpu-pins']);
    await machine.run(`xl vcpu-pin ${guest} 0 ${first.hard}`);

    lab.say('without the guest the card is free again');
    await machine.run(`xl destroy ${guest}`, 120);
    expectEqual(await assignableOf(machine), addresses, 'what xl can give to a guest');
    await expectDrivers(machine, {isGivenAway: true, keeper: 'pciback'});

    lab.say('rollback, reboot through GRUB into Xen');
    await machine.run('vfio-pilot rollback --yes', 300);
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot');
    await machine.reboot(xenEntry);
    expectEqual(
      [await commandLineOf(machine), await hypervisorLineOf(machine)],
      [before.commandLine, before.hypervisorLine],
      'the arguments of the kernel and of Xen',
    );
    await expectDrivers(machine, {isGivenAway: false});
    await expectPools(machine, {'Pool-0': [...far(machine), ...near(machine)]});
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot after the reboot');

    lab.say('the same disk without Xen: check says so');
    await machine.run('grub-reboot 0');
    await machine.reboot();
    expectEqual((await machine.tryRun('test -e /sys/hypervisor/type')).code, 1, 'whether Xen runs');
    expectMatch(await machine.run('vfio-pilot check', 150), /Xen is installed .*this boot is without it/, 'check');
    await expectDrivers(machine, {isGivenAway: false});
  },
};

/** The CPUs of the card's node: as many as the guest has vCPUs. */
const near = ({host: {card, nodes}}) => nodes[card.node].cpus;
const far = ({host: {card, nodes}}) => nodes.filter((_, node) => node !== card.node).flatMap(({cpus}) => cpus);

const planCodeOf = async (machine) => (await machine.tryRun('vfio-pilot plan lab.yaml --exit-code', 150)).code;

/** What the owner has set for Xen and for the kernel above it is still there, once each and in its order. */
const expectArgumentsKept = async (machine, {commandLine, hypervisorLine}) => {
  for (const [now, then, what] of [
    [await commandLineOf(machine), commandLine, 'the kernel line'],
    [await hypervisorLineOf(machine), hypervisorLine, "Xen's line"],
  ])
    expectTrue(now.startsWith(`${then} `), `${what} was\n${then}\nand is\n${now}`);
};

/**
 * From the file that `apply` wrote, with the disk that its to-do list asks for. Paused, as QEMU aborts once a guest runs in
 * it. `tsc_mode` is for the emulator's processor: to emulate the TSC Xen needs the length of instructions, which TCG does
 * not tell.
 */
const startGuest = (machine) =>
  machine.run(
    `mkdir -p /var/lib/xen/images && truncate -s 64M /var/lib/xen/images/${guest}.img && xl create -p /etc/xen/${guest}.cfg 'tsc_mode="native"'`,
    240,
  );
