import {join} from 'node:path';
import {copyEsp} from '../esp/partition.js';
import {countWrites, judgePowerCuts, openStage, readRecording} from '../esp/power-cuts.js';
import {startedEntry} from '../esp/started-entry.js';
import {expectEqual, expectMatch, expectTrue} from '../expect.js';
import {guestCard, makeProfile} from '../host-state.js';
import {importTypeScript} from '../import-typescript.js';

const states = Number(process.env.VFIO_PILOT_LAB_STATES ?? 200);
const {chooseSeed, randomOf} = await importTypeScript(new URL('../../support/random.ts', import.meta.url).pathname);

/** What is done to the EFI partition, one after the other; of the last two some states must be found bad. */
const phases = [
  {name: 'apply', command: 'vfio-pilot apply lab.yaml --yes'},
  {name: 'rollback', command: 'vfio-pilot rollback --yes'},
  {name: 'an entry written over in place', isCareless: true, command: 'sed "s/ quiet/ quiet loglevel=3/" $entry >/root/entry && cat /root/entry >$entry'},
  {
    name: 'an entry with an image that nobody synced',
    isCareless: true,
    command: 'cp $folder/linux $folder/linux-z; cp $folder/initrd.img-* $folder/initrd-z; sed "s|/linux$|/linux-z|; s|/initrd.img-.*|/initrd-z|" $entry >${entry%.conf}.z.conf',
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
      const result = judgePowerCuts(stage, recording, {from: marks[index], to: marks[index + 1], count: states, random: randomOf(seed + index)});
      tell(lab, phase, result);
    }
  },
};

/** Ends with the guest's last write on the disk. */
const record = async (lab) => {
  const [disk, base, end, log, vars] = ['disk.qcow2', 'base.img', 'end.img', 'writes.log', 'vars.qcow2'].map((name) => join(lab.directory, name));
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

/** How many writes were made once nothing waits to be written. */
const settle = async (machine, log) => {
  await machine.run('sync', 120);
  return countWrites(log);
};

const tell = (lab, {name, isCareless}, {before, after, writes, bad}) => {
  const entries = [before, after].map((files) => startedEntry(files).id);
  lab.say(`${name}: ${writes} writes of the EFI partition; started is ${entries[0]} before, ${entries[1]} after`);
  for (const line of bad.slice(0, isCareless ? 1 : 10)) lab.say(`  ${line}`);
  if (isCareless) {
    lab.say(`A4 control, ${name}: ${bad.length} caught`);
    return expectTrue(bad.length > 0, `No state of ${name} was found bad: the harness sees nothing`);
  }
  lab.say(`A4: ${bad.length} bad of ${states} states of ${name}`);
  const [good, next] = name === 'apply' ? [before, after] : [after, before];
  for (const [path, bytes] of good) expectTrue(next.get(path)?.equals(bytes), `${path} is not as it was`);
  expectMatch(startedEntry(next).id, /\.vfio-pilot-[0-9a-f]{8}\.conf$/, 'the entry that is started when it is applied');
  expectEqual(bad.length, 0, `bad states of ${name}`);
};
