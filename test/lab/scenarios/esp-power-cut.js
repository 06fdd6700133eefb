import {join} from 'node:path';
import {copyEsp} from '../esp/partition.js';
import {countWrites, judgePowerCuts, openStage, readRecording} from '../esp/power-cuts.js';
import {expectEqual, expectMatch, expectTrue} from '../expect.js';
import {makeProfile} from '../host-state.js';
import {guestCard} from '../machine/host.js';
import {importTypeScript} from '../import-typescript.js';

const states = Number(process.env.VFIO_PILOT_LAB_STATES ?? 200);
const {chooseSeed, randomOf} = await importTypeScript(new URL('../../support/random.ts', import.meta.url).pathname);

/** What is done to the EFI partition, one after the other; of the last two some states must be found bad. */
const phases = [
  {name: 'apply', command: 'vfio-pilot apply lab.yaml --yes'},
  {name: 'rollback', command: 'vfio-pilot rollback --yes'},
  {
    name: 'an entry written over in place',
    isCareless: true,
    command: 'sed "s/ quiet/ quiet loglevel=3/" $entry >/root/entry && cat /root/entry >$entry',
  },
  {
    name: 'an entry that is synced before its image',
    isCareless: true,
    command:
      'cp $folder/linux $folder/linux-z; cp $folder/initrd.img-* $folder/initrd-z; new=${entry%.conf}.z.conf; sed "s|/linux$|/linux-z|; s|/initrd.img-.*|/initrd-z|" $entry >$new; sync $folder $new $(dirname $new)',
  },
];
const variables = 'entry=$(ls /boot/efi/loader/entries/*.conf); folder=$(dirname /boot/efi/*/*/linux)';

export const espPowerCut = {
  name: 'esp-power-cut',
  isFast: false,
  title: `Whatever of its writes a power cut leaves on the EFI partition, the known-good files are whole, and so is what systemd-boot starts (${states} states)`,
  run: async (lab) => {
    const seed = chooseSeed();
    lab.say(`VFIO_PILOT_SEED=${seed}`);
    const {base, end, log, marks} = await record(lab);
    const recording = readRecording(log, base);
    const stage = openStage(lab.directory, recording);
    expectEqual(stage.compareEnd(end), [], 'blocks in which the replayed log and the disk differ');
    for (const [index, phase] of phases.entries()) {
      const count = phase.isCareless ? Math.ceil(states / 5) : states;
      const result = judgePowerCuts(stage, recording, {
        from: marks[index].to,
        ...marks[index + 1],
        count,
        random: randomOf(seed + index),
      });
      lab.say(
        `${phase.name}: ${result.writes} writes of the EFI partition; before, ${result.started.before} is started, then ${result.started.after}`,
      );
      for (const line of result.bad.slice(0, phase.isCareless ? 1 : 5)) lab.say(`  ${line}`);
      if (phase.isCareless) judgeControl(lab, phase, result);
      else judgeProgram(lab, phase, result);
    }
  },
};

/** Ends with the guest's last write on the disk. */
const record = async (lab) => {
  const [disk, base, end, log, vars] = ['disk.qcow2', 'base.img', 'end.img', 'writes.log', 'vars.qcow2'].map((name) =>
    join(lab.directory, name),
  );
  const ready = await lab.installedHost({image: 'debian-12-systemd-boot'});
  await makeProfile(ready, guestCard);
  await ready.run('sync');
  await ready.stop();
  await copyEsp(disk, base);
  const machine = await lab.boot(disk, {hardware: {vars}, writeLog: log});
  await machine.waitForLogin();
  const marks = [await settle(machine, log)];
  for (const {name, command} of phases) {
    lab.say(name);
    await machine.run(`${variables}; ${command}`, 1200);
    marks.push(await settle(machine, log));
  }
  await machine.stop();
  await copyEsp(disk, end);
  return {base, end, log, marks};
};

/** How many writes were made by now, and how many once nothing waits to be written. */
const settle = async (machine, log) => {
  const done = countWrites(log);
  await machine.run('sync', 120);
  return {done, to: countWrites(log)};
};

const judgeControl = (lab, {name}, {bad}) => {
  lab.say(`A4c ${name}  ≥ 1 caught  ${bad.length} caught`);
  expectTrue(bad.length > 0, `No state of ${name} was found bad: the harness sees nothing`);
};

const judgeProgram = (lab, {name}, {before, after, started, bad, lost}) => {
  lab.figure(`A4 ${name}`, `0 bad of ${states} states`, `${bad.length} bad of ${states} states`);
  lab.figure(`A5 ${name}`, '0 lost', `${lost} lost`);
  const [good, applied] = name === 'apply' ? [before, after] : [after, before];
  for (const [path, bytes] of good) expectTrue(applied.get(path)?.equals(bytes), `${path} is not as it was`);
  expectMatch(
    name === 'apply' ? started.after : started.before,
    /\.vfio-pilot-[0-9a-f]{8}\.conf$/,
    'the entry that is started when it is applied',
  );
};
