import {isEmulatorFault} from '../emulator-fault.js';
import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {
  commandLineOf,
  expectClaims,
  expectDrivers,
  filesOf,
  makeProfile,
  recoveryLinesOf,
  withoutEnvironment,
  withoutTrial,
} from '../host-state.js';
import {guestCard} from '../machine/host.js';

const trialEntry = 'vfio-pilot: one boot on trial';
const knownGood = 'Debian GNU/Linux';

const setUpTrial = async (machine) => {
  await makeProfile(machine, guestCard);
  await machine.run('vfio-pilot apply lab.yaml --trial --yes', 600);
};

export const trial = {
  name: 'trial',
  isFast: false,
  title:
    'A trial boot changes nothing that the known-good boot needs, is started once, and becomes permanent when it is confirmed',
  run: async (lab) => {
    const machine = await lab.installedHost();
    const before = {
      files: await filesOf(machine),
      commandLine: await commandLineOf(machine),
      recovery: await recoveryLinesOf(machine),
    };
    await setUpTrial(machine);
    expectSameLines(
      withoutTrial(await filesOf(machine)),
      withoutTrial(before.files),
      "the files in /etc and /boot that are not the trial's own",
    );

    lab.say('the next boot is the trial');
    await machine.reboot(trialEntry);
    expectMatch(await commandLineOf(machine), /vfio_pilot\.trial=[0-9a-f]{12}$/, '/proc/cmdline');
    await expectDrivers(machine, {isGivenAway: true});
    expectMatch(
      await machine.run('grub-editenv list; systemctl is-active vfio-pilot-trial.timer'),
      /^next_entry=$[^]*^active$/m,
      "GRUB's choice and the timer",
    );
    expectMatch(await machine.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify');

    lab.say("a kernel's package that is configured in it takes no argument of the trial with it");
    await machine.run('DEBIAN_FRONTEND=noninteractive dpkg-reconfigure linux-image-$(uname -r)', 600);
    lab.figure(
      'J11',
      '0 arguments of the trial in grub.cfg',
      `${await machine.run('grep -c vfio_pilot.trial /boot/grub/grub.cfg; true')} arguments of the trial in grub.cfg`,
    );

    lab.say('confirmed: written permanently, and what the trial had added is gone');
    await machine.run('vfio-pilot confirm --yes', 600);
    await expectClaims(machine);
    expectSameLines(await recoveryLinesOf(machine), before.recovery, 'the entries for recovery');
    expectEqual(
      (
        await machine.tryRun(
          'ls /boot/vfio-pilot-trial.img /boot/grub/custom.cfg /etc/systemd/system/vfio-pilot-trial.timer 2>/dev/null',
        )
      ).output,
      '',
      "the trial's files",
    );
    expectEqual((await machine.tryRun('systemctl is-active vfio-pilot-trial.timer')).output, 'inactive', 'the timer');
    await machine.reboot(knownGood);
    await expectDrivers(machine, {isGivenAway: true});
    expectTrue(
      !(await commandLineOf(machine)).includes('vfio_pilot'),
      'the trial is on the command line of the ordinary boot',
    );
    expectMatch(await machine.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify');

    lab.say('rollback, reboot');
    await machine.run('vfio-pilot rollback --yes', 300);
    await machine.reboot(knownGood);
    expectSameLines(
      withoutImage(withoutEnvironment(await filesOf(machine))),
      withoutImage(withoutEnvironment(before.files)),
      'the files in /etc and /boot',
    );
    expectEqual(await commandLineOf(machine), before.commandLine, '/proc/cmdline');
    await expectDrivers(machine, {isGivenAway: false});
  },
};

/** The kernel's package made it anew in between, and images differ by their times. */
const withoutImage = (files) =>
  files
    .split('\n')
    .filter((line) => !line.includes('/boot/initrd.img-'))
    .join('\n');

const editEntry = (expression) => `sed -i '${expression}' /boot/grub/custom.cfg`;

/** As when a file system of /etc/fstab can not be mounted, but in the trial only (systemd.unit(5), ConditionKernelCommandLine). */
const failingMount = [
  "printf '[Unit]\\nDefaultDependencies=no\\nBefore=local-fs.target\\nConditionKernelCommandLine=vfio_pilot.trial\\n[Service]\\nType=oneshot\\nExecStart=/bin/false\\n' > /etc/systemd/system/lab-mount.service",
  'mkdir -p /etc/systemd/system/local-fs.target.requires',
  'ln -s ../lab-mount.service /etc/systemd/system/local-fs.target.requires/',
].join(' && ');

/** As when ssh drops: the terminal of `confirm` is gone while it asks. */
const closeTheSession = async (machine) => {
  await machine.waitForLogin();
  await machine.run(
    "(sleep 900 | setsid script -qfc 'vfio-pilot confirm' /root/asked) >/dev/null 2>&1 & until grep -q 'Type apply' /root/asked; do sleep 1; done; pkill -KILL -x script; sleep 2; ! pgrep -f 'vfio-pilot confirm'",
    60,
  );
};

/**
 * What goes wrong, by `sabotage` before the reboot or by `act` in the trial boot. `isStarted: false`: GRUB does not get to
 * the trial at all. `isForeign`: the sabotage itself leaves other files behind.
 */
const failures = [
  {
    id: 'J1',
    what: 'its kernel panics',
    sabotage: editEntry('s| vfio_pilot.trial=| rdinit=/nonexistent vfio_pilot.trial=|'),
  },
  {id: 'J5', what: 'its image is missing', sabotage: 'rm /boot/vfio-pilot-trial.img'},
  {id: 'J5', what: 'its image is cut short', sabotage: 'truncate -s 3M /boot/vfio-pilot-trial.img'},
  {
    id: 'J5',
    what: 'its kernel is missing',
    sabotage: editEntry('s|if linux /boot/vmlinuz-[^ ]*|if linux /boot/vmlinuz-gone|'),
  },
  {
    id: 'J6',
    what: 'its root does not exist',
    sabotage: editEntry('s|root=UUID=[^ ]*|root=UUID=00000000-0000-0000-0000-000000000000|'),
  },
  {
    id: 'J7',
    what: 'it comes up, and nobody confirms it (after 3 minutes here)',
    sabotage: "sed -i 's/^OnBootSec=.*/OnBootSec=3min/' /etc/systemd/system/vfio-pilot-trial.timer",
  },
  {
    id: 'C2',
    what: 'the session that asks for the confirmation goes away (after 4 minutes here)',
    sabotage: "sed -i 's/^OnBootSec=.*/OnBootSec=4min/' /etc/systemd/system/vfio-pilot-trial.timer",
    act: closeTheSession,
  },
  {
    id: 'J6',
    what: 'it ends in emergency mode, and nobody is there (2 minutes here)',
    sabotage: `${failingMount}; sed -i 's/^OnBootSec=.*/OnBootSec=2min/' /etc/systemd/system/vfio-pilot-trial.timer`,
    isForeign: true,
  },
  {
    id: 'J3',
    what: 'PID 1 hangs, and the watchdog resets the machine',
    sabotage: 'true',
    act: async (machine) => {
      await machine.waitForLogin();
      await machine.tryRun('(sleep 1; kill -SEGV 1) >/dev/null 2>&1 &');
    },
  },
  {id: 'J12', what: 'its entry is gone', sabotage: 'rm /boot/grub/custom.cfg', isStarted: false},
  {
    id: 'J12',
    what: 'GRUB is told to remember the last choice, and the trial panics',
    sabotage: `${editEntry('s| vfio_pilot.trial=| rdinit=/nonexistent vfio_pilot.trial=|')}; printf 'GRUB_DEFAULT=saved\\nGRUB_SAVEDEFAULT=true\\n' >> /etc/default/grub && update-grub`,
    isForeign: true,
  },
];

export const trialFailures = {
  name: 'trial-failures',
  isFast: false,
  title:
    'Whatever goes wrong in a trial boot, the known-good system comes back on its own, and the trial is started once at most',
  run: async (lab) => {
    const ready = await lab.installedHost();
    const before = {files: await filesOf(ready), commandLine: await commandLineOf(ready)};
    await setUpTrial(ready);
    await ready.run('sync');
    await ready.monitor.save('trial');
    await ready.stop();
    for (const failure of failures) {
      const {id, what, isStarted = true} = failure;
      lab.figure(
        `${id}, ${what}`,
        knownGoodAfter(isStarted ? 1 : 0),
        await failOnce(lab, before, failure).catch((error) => describeMiss(lab, error)),
      );
    }
  },
};

const knownGoodAfter = (starts) => `known-good on its own after ${starts} boots on trial`;

/** What is not there may be the emulator's fault, and then all is played once more. */
const describeMiss = async (lab, error) => {
  await lab.stopMachines();
  if (isEmulatorFault(error)) throw error;
  lab.say(error.stack);
  return 'not as it was';
};

const failOnce = async (lab, before, {sabotage, act = async () => {}, isStarted = true, isForeign = false}) => {
  const started = Date.now();
  const machine = await lab.boot(`${lab.directory}/disk.qcow2`, {snapshot: 'trial'});
  await machine.run(`${sabotage}; sync`, 180);
  machine.console.tolerateDeath(true);
  if (isStarted) {
    await machine.startReboot(trialEntry);
    await act(machine);
    await machine.waitForEntry(knownGood, 900);
    await machine.waitForLogin();
  } else await machine.reboot(knownGood);
  expectEqual(await commandLineOf(machine), before.commandLine, '/proc/cmdline');
  await expectDrivers(machine, {isGivenAway: false});
  expectMatch((await machine.tryRun('vfio-pilot verify', 150)).output, /NOT KEPT +This boot is the trial/, 'verify');
  if (!isForeign)
    expectSameLines(withoutTrial(await filesOf(machine)), withoutTrial(before.files), 'the files in /etc and /boot');
  lab.say(`back after ${Math.round((Date.now() - started) / 1000)} s`);
  const measured = knownGoodAfter(machine.console.count(/Booting `vfio-pilot/g));
  await machine.stop();
  return measured;
};

export const trialSystemdBoot = {
  name: 'trial-systemd-boot',
  isFast: false,
  title:
    'With systemd-boot a trial that panics brings the known-good system back, and one that is good becomes permanent',
  run: async (lab) => {
    const ready = await lab.installedHost({image: 'debian-12-systemd-boot'});
    const commandLine = await commandLineOf(ready);
    const sums = await ready.run(
      'cd /boot/efi && sha256sum loader/entries/*.conf $(find . -name linux -o -name "initrd*")',
    );
    await setUpTrial(ready);
    await ready.run('sync');
    await ready.monitor.save('trial');

    await ready.run(
      "sed -i 's| vfio_pilot.trial=| rdinit=/nonexistent vfio_pilot.trial=|' /boot/efi/loader/entries/0000-vfio-pilot-trial.conf; sync",
    );
    ready.console.tolerateDeath(true);
    await ready.startReboot();
    await ready.console.waitFor(/Kernel panic - not syncing/, 900);
    await ready.waitForLogin();
    expectEqual(await commandLineOf(ready), commandLine, '/proc/cmdline');
    await expectDrivers(ready, {isGivenAway: false});
    lab.figure('J2', knownGoodAfter(1), knownGoodAfter(ready.console.count(/Kernel panic - not syncing/g)));
    expectEqual(
      await ready.run('cd /boot/efi && sha256sum -c --quiet <<SUMS\n'.concat(sums, '\nSUMS')),
      '',
      'the known-good entry, kernel and image',
    );
    await ready.stop();

    const machine = await lab.boot(`${lab.directory}/disk.qcow2`, {
      snapshot: 'trial',
      hardware: {vars: `${lab.directory}/vars.qcow2`},
    });
    await machine.reboot();
    expectMatch(await commandLineOf(machine), /vfio_pilot\.trial=/, '/proc/cmdline');
    await expectDrivers(machine, {isGivenAway: true});
    lab.say('undisturbed it comes up; confirmed');
    await machine.run('vfio-pilot confirm --yes', 900);
    await machine.reboot();
    expectTrue(
      !(await commandLineOf(machine)).includes('vfio_pilot'),
      'the trial is on the command line of the ordinary boot',
    );
    await expectDrivers(machine, {isGivenAway: true});
    expectMatch(await machine.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify');
  },
};
