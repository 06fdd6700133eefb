import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {
  commandLineOf,
  expectClaims,
  expectDrivers,
  filesOf,
  hugepagesOf,
  kernelsOf,
  pagesOnCardNode,
  promisesOf,
  recoveryLinesOf,
} from '../host-state.js';
import {expectPlaced} from '../placed-guest.js';
import {makeProfileInWizard} from '../wizard-walk.js';

export const wholeLife = {
  name: 'whole-life',
  isFast: true,
  title: 'check, wizard, plan, apply, reboot, verify, guest, rollback, reboot: all as it was',
  run: async (lab) => {
    const machine = await lab.installedHost();
    const before = {
      files: await filesOf(machine),
      commandLine: await commandLineOf(machine),
      recovery: await recoveryLinesOf(machine),
    };
    expectTrue(!/ panic=/.test(before.commandLine), `the host brings its own panic= along: ${before.commandLine}`);
    expectEqual(
      [(await kernelsOf(machine)).length, before.recovery.split('\n').length],
      [2, 2],
      'the number of kernels and of entries for recovery',
    );
    await expectDrivers(machine, {isGivenAway: false});

    lab.say('check finds a host that is ready');
    expectMatch(await machine.run('vfio-pilot check', 60), / 0 errors/, 'check');

    lab.say('the wizard, by keys over the serial console, makes a profile');
    const wanted = await makeProfileInWizard(machine);
    expectMatch(await machine.run('cat /root/lab.yaml'), /address: 0000:41:00\.0/, 'the profile');

    lab.say('plan shows the changes and writes nothing');
    const {code} = await machine.tryRun('vfio-pilot plan lab.yaml --exit-code', 60);
    expectEqual(code, 10, 'the exit code of plan');
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot');

    lab.say('apply');
    await machine.run('vfio-pilot apply lab.yaml --yes', 600);
    lab.say('the images of both kernels claim the card, and the entries for recovery are as they were');
    await expectClaims(machine);
    expectSameLines(await recoveryLinesOf(machine), before.recovery, 'the entries for recovery');
    lab.say('reboot through GRUB');
    await machine.reboot();

    lab.say('the card is given away, and every other function of the host is where it was');
    await expectDrivers(machine, {isGivenAway: true});
    expectEqual(await hugepagesOf(machine), pagesOnCardNode(machine.host, wanted.memoryMiB), 'hugepages on the nodes');
    lab.say('every promise is kept, and a second plan has nothing to do');
    const {promises} = await promisesOf(machine);
    expectEqual(
      promises.filter(({status}) => status !== 'kept'),
      [],
      'promises that are not kept',
    );
    expectTrue(promises.length >= 10, `only ${promises.length} promises were looked at`);
    expectEqual(
      (await machine.tryRun('vfio-pilot plan lab.yaml --exit-code', 60)).code,
      0,
      'the exit code of the second plan',
    );
    await lab.keepApplied(machine);

    lab.say('libvirt starts the guest; the kernel says where it is');
    await startGuest(machine, wanted);
    await machine.run('virsh destroy lab', 60);
    await expectDrivers(machine, {isGivenAway: true});

    lab.say('rollback');
    await machine.run('vfio-pilot rollback --yes', 300);
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot');
    lab.say('reboot through GRUB');
    await machine.reboot();
    expectEqual(await commandLineOf(machine), before.commandLine, '/proc/cmdline');
    await expectDrivers(machine, {isGivenAway: false});
    expectEqual(await hugepagesOf(machine), [0, 0], 'hugepages on the nodes');
    expectEqual(await machine.run('virsh list --all --name'), '', 'the guests that libvirt knows');
    // The files that a boot itself writes are under /var; /etc and /boot stay.
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot after the reboot');
  },
};

/** Paused: its memory, threads and device are all there; an operating system in it would make QEMU abort sooner or later. */
const startGuest = async (machine, wanted) => {
  await machine.run(
    'qemu-img create -q -f qcow2 /var/lib/libvirt/images/lab.qcow2 64M && virsh start lab --paused',
    120,
  );
  expectMatch(await machine.run('virsh qemu-monitor-command --hmp lab "info kvm"'), /enabled/, 'KVM in the guest');
  await expectPlaced(machine, 'lab', wanted);
};
