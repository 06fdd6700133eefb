import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {findHostImage} from './image/host-image.js';
import {packProgram} from './program.js';
import {openLab} from './scenario-lab.js';
import {dirtyGroup} from './scenarios/dirty-group.js';
import {espPowerCut} from './scenarios/esp-power-cut.js';
import {identicalCards} from './scenarios/identical-cards.js';
import {kvmGuest} from './scenarios/kvm-guest.js';
import {oldKernel} from './scenarios/old-kernel.js';
import {dracut, systemdBoot} from './scenarios/other-chains.js';
import {ownDevices} from './scenarios/own-devices.js';
import {powerCut, powerCutTrial} from './scenarios/power-cut.js';
import {replay} from './scenarios/replay.js';
import {smt} from './scenarios/smt.js';
import {trial, trialFailures, trialSystemdBoot} from './scenarios/trial.js';
import {trialRefused} from './scenarios/trial-refused.js';
import {udevRule} from './scenarios/udev-rule.js';
import {wholeLife} from './scenarios/whole-life.js';

const scenarios = [ownDevices, wholeLife, identicalCards, dirtyGroup, replay, oldKernel, kvmGuest, smt, dracut, systemdBoot, udevRule, trial, trialFailures, trialRefused, trialSystemdBoot, powerCut, powerCutTrial, espPowerCut];
const say = (words) => process.stdout.write(`${words}\n`);

const choose = (words) => {
  if (words.includes('--all')) return scenarios;
  if (words.length === 0) return scenarios.filter(({isFast}) => isFast);
  const unknown = words.filter((word) => scenarios.every(({name}) => name !== word));
  if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.join(', ')}. One of: ${scenarios.map(({name}) => name).join(', ')}; --all for all of them.`);
  return scenarios.filter(({name}) => words.includes(name));
};

const play = async (scenario, folder, shared) => {
  const directory = join(folder, scenario.name);
  const lab = openLab(directory, shared);
  const started = Date.now();
  say(`== ${scenario.name}: ${scenario.title}`);
  try {
    await scenario.run(lab);
    await lab.close();
    rmSync(directory, {recursive: true});
    say(`== ${scenario.name}: ok, ${Math.round((Date.now() - started) / 1000)} s`);
    return {ok: true, reason: ''};
  } catch (error) {
    await lab.close();
    say(`== ${scenario.name}: FAILED after ${Math.round((Date.now() - started) / 1000)} s\n${error.stack}`);
    say(`   its consoles, steps and disk: ${directory}`);
    return {ok: false, reason: error.stack};
  }
};

/** QEMU without hardware virtualisation now and then crashes, or lets a program crash, that runs on any other machine. */
const emulatorFaults = /Segmentation fault|Bus error|Illegal instruction|The machine is gone|The emulated machine stalled/;

const playPatiently = async (scenario, folder, shared) => {
  const first = await play(scenario, folder, shared);
  if (first.ok || !emulatorFaults.test(first.reason)) return first.ok;
  say(`== ${scenario.name}: that was the emulator; once more`);
  return (await play(scenario, join(folder, 'again'), shared)).ok;
};

const main = async () => {
  const chosen = choose(process.argv.slice(2));
  const folder = mkdtempSync(join(tmpdir(), 'vfio-pilot-lab-'));
  mkdirSync(join(folder, 'package'));
  const shared = {imageOf: (name) => findHostImage(name, say), archive: await packProgram(join(folder, 'package')), appliedDisk: join(folder, 'applied.qcow2')};
  let failed = 0;
  for (const scenario of chosen) if (!(await playPatiently(scenario, folder, shared))) failed += 1;
  if (failed === 0) rmSync(folder, {recursive: true});
  say(`${chosen.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
};

await main();
