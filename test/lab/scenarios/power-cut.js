import {isEmulatorFault} from '../emulator-fault.js';
import {expectEqual, expectSameLines} from '../expect.js';
import {filesOf, makeProfile, withoutEnvironment} from '../host-state.js';
import {guestCard} from '../machine/host.js';
import {importTypeScript} from '../import-typescript.js';
import {pause} from '../machine/line.js';

const {chooseSeed, randomOf} = await importTypeScript(new URL('../../support/random.ts', import.meta.url).pathname);
const cuts = Number(process.env.VFIO_PILOT_LAB_CUTS ?? 10);

const putRight = (count) => `${count}/${cuts} cuts: login, and all files as before after the next start`;

const scenarioOf = ({id, name, title, words}) => ({
  name,
  isFast: false,
  title: `${title} (${cuts} instants)`,
  run: async (lab) => {
    const ready = await lab.installedHost();
    await makeProfile(ready, guestCard);
    await ready.run('sync');
    const before = await filesOf(ready);
    await ready.monitor.save('ready');
    const seconds = await timeApply(ready, words);
    lab.say(`it takes ${Math.round(seconds)} s here`);
    await ready.stop();
    const seed = chooseSeed();
    lab.say(`VFIO_PILOT_SEED=${seed}`);
    const random = randomOf(seed);
    let good = 0;
    for (let cut = 1; cut <= cuts; cut += 1) {
      // A little beyond the end as well: applied, and not yet synced by anyone but the transaction.
      if (await isPutRight(lab, () => cutOnce(lab, words, before, random() * seconds * 1.05, cut))) good += 1;
    }
    lab.figure(id, putRight(cuts), putRight(good));
  },
});

export const powerCut = scenarioOf({
  id: 'J9',
  name: 'power-cut',
  title: 'Whenever the power goes during apply, the host comes up again and the next start undoes the rest',
  words: 'apply lab.yaml --yes',
});

export const powerCutTrial = scenarioOf({
  id: 'J10',
  name: 'power-cut-trial',
  title:
    'Whenever the power goes while a trial is set up, the host comes up, with the trial once at most, and rollback takes all of it away',
  words: 'apply lab.yaml --trial --yes',
});

const isPutRight = async (lab, cut) => {
  try {
    await cut();
    return true;
  } catch (error) {
    await lab.stopMachines();
    if (isEmulatorFault(error)) throw error;
    lab.say(`NOT put right: ${error.message}`);
    return false;
  }
};

const timeApply = async (machine, words) => {
  const started = Date.now();
  await machine.run(`vfio-pilot ${words}`, 600);
  return (Date.now() - started) / 1000;
};

const cutOnce = async (lab, words, before, seconds, cut) => {
  const disk = `${lab.directory}/disk.qcow2`;
  const running = await lab.boot(disk, {snapshot: 'ready'});
  await running.run(`vfio-pilot ${words} >/root/apply.log 2>&1 &`);
  await pause(seconds * 1000);
  const reached = await running.run("grep -cE '^ +(installed|running)' /root/apply.log; true");
  await running.stop();

  const machine = await lab.boot(disk);
  await machine.waitForLogin();
  const {code, output} = await machine.tryRun('vfio-pilot rollback --yes', 300);
  lab.say(
    `cut ${cut} after ${seconds.toFixed(1)} s (${reached} lines of progress): login; ${output.replaceAll('\n', ' ').slice(0, 160)}`,
  );
  expectEqual(code, 0, 'the exit code of rollback');
  expectSameLines(
    withoutEnvironment(await filesOf(machine)),
    withoutEnvironment(before),
    'the files in /etc and /boot',
  );
  await machine.stop();
};
