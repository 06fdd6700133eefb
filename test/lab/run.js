import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {isEmulatorFault} from './emulator-fault.js';
import {findHostImage} from './image/host-image.js';
import {findEmulator} from './image/other-emulator.js';
import {packProgram} from './program.js';
import {readCommit, recordResult} from './results.js';
import {openLab} from './scenario-lab.js';
import {brokenPromises} from './scenarios/broken-promises.js';
import {dirtyGroup} from './scenarios/dirty-group.js';
import {espPowerCut} from './scenarios/esp-power-cut.js';
import {fleet} from './scenarios/fleet.js';
import {guestLife} from './scenarios/guest-life.js';
import {handoverFailure} from './scenarios/handover-failure.js';
import {identicalCards} from './scenarios/identical-cards.js';
import {iommuOff} from './scenarios/iommu-off.js';
import {kvmGuest} from './scenarios/kvm-guest.js';
import {mediatedDevices} from './scenarios/mediated-devices.js';
import {nicFunctions} from './scenarios/nic-functions.js';
import {oldKernel} from './scenarios/old-kernel.js';
import {dracut, systemdBoot, unifiedImage} from './scenarios/other-chains.js';
import {ownDevices} from './scenarios/own-devices.js';
import {powerCut, powerCutTrial} from './scenarios/power-cut.js';
import {replay} from './scenarios/replay.js';
import {smt} from './scenarios/smt.js';
import {trial, trialFailures, trialSystemdBoot} from './scenarios/trial.js';
import {trialRefused} from './scenarios/trial-refused.js';
import {udevRule} from './scenarios/udev-rule.js';
import {virtualFunctions} from './scenarios/virtual-functions.js';
import {wholeLife} from './scenarios/whole-life.js';
import {xen} from './scenarios/xen.js';

const scenarios = [
  ownDevices,
  wholeLife,
  brokenPromises,
  identicalCards,
  iommuOff,
  dirtyGroup,
  replay,
  oldKernel,
  kvmGuest,
  smt,
  dracut,
  systemdBoot,
  unifiedImage,
  udevRule,
  trial,
  trialFailures,
  trialRefused,
  trialSystemdBoot,
  powerCut,
  powerCutTrial,
  espPowerCut,
  virtualFunctions,
  nicFunctions,
  mediatedDevices,
  guestLife,
  handoverFailure,
  fleet,
  xen,
];
const say = (words) => process.stdout.write(`${words}\n`);

const choose = (words) => {
  if (words.includes('--all')) return scenarios;
  const names = words.filter((word) => word !== '--record');
  if (names.length === 0) return scenarios.filter(({isFast}) => isFast);
  const unknown = names.filter((word) => scenarios.every(({name}) => name !== word));
  if (unknown.length > 0)
    throw new Error(
      `There is no scenario ${unknown.join(', ')}. One of: ${scenarios.map(({name}) => name).join(', ')}; --all for all of them, --record to write the results down.`,
    );
  return scenarios.filter(({name}) => names.includes(name));
};

const play = async (scenario, folder, shared) => {
  const directory = join(folder, scenario.name);
  const lab = openLab(directory, shared);
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  say(`== ${scenario.name}: ${scenario.title}`);
  try {
    await scenario.run(lab);
    if (lab.missed.length > 0) throw new Error(`Missed figures: ${lab.missed.join('; ')}`);
    await lab.stopMachines();
    rmSync(directory, {recursive: true});
    say(`== ${scenario.name}: ok, ${seconds()} s`);
    return {ok: true, seconds: seconds()};
  } catch (error) {
    await lab.stopMachines();
    say(`== ${scenario.name}: FAILED after ${seconds()} s\n${error.stack}`);
    say(`   its consoles, steps and disk: ${directory}`);
    return {ok: false, seconds: seconds(), isEmulatorFault: isEmulatorFault(error)};
  }
};

const playPatiently = async (scenario, folder, shared) => {
  const first = await play(scenario, folder, shared);
  if (first.ok || !first.isEmulatorFault) return {...first, isRetried: false};
  say(`== ${scenario.name}: that was the emulator; once more`);
  return {...(await play(scenario, join(folder, 'again'), shared)), isRetried: true};
};

const describe = ({ok, isRetried}) =>
  `${ok ? 'ok' : 'FAILED'}${isRetried ? ', second try (the emulator failed in the first)' : ''}`;

const main = async () => {
  const words = process.argv.slice(2);
  const chosen = choose(words);
  const isRecorded = words.includes('--all') || words.includes('--record');
  const folder = mkdtempSync(join(tmpdir(), 'vfio-pilot-lab-'));
  mkdirSync(join(folder, 'package'));
  const commit = isRecorded ? readCommit() : null;
  const shared = {
    imageOf: (name) => findHostImage(name, say),
    emulatorOf: (suite) => findEmulator(suite, say),
    archive: await packProgram(join(folder, 'package')),
    appliedDisk: join(folder, 'applied.qcow2'),
  };
  const results = [];
  for (const scenario of chosen) {
    const result = await playPatiently(scenario, folder, shared);
    results.push(result);
    if (isRecorded)
      recordResult(
        scenarios.map(({name}) => name),
        {
          name: scenario.name,
          commit,
          result: describe(result),
          seconds: result.seconds,
          date: new Date().toISOString().slice(0, 10),
        },
      );
  }
  const count = (isCounted) => results.filter(isCounted).length;
  const failed = count(({ok}) => !ok);
  if (failed === 0) rmSync(folder, {recursive: true});
  say(`${chosen.length - failed} passed, ${failed} failed, ${count(({isRetried}) => isRetried)} retried`);
  // The locks of the images are held by children, which end with this process.
  process.exit(failed === 0 ? 0 : 1);
};

await main();
