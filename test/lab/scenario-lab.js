import {appendFileSync, copyFileSync, existsSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {recipes} from './image/recipe.js';
import {startMachine} from './machine/machine.js';
import {installProgram} from './program.js';
import {run} from './processes.js';

/** What a scenario works with: machines that are stopped at its end, and a protocol of its steps. */
export const openLab = (directory, {imageOf, emulatorOf, archive, appliedDisk}) => {
  mkdirSync(directory, {recursive: true});
  const machines = [];
  const missed = [];
  const started = Date.now();

  const say = (words) => {
    const line = `${String(Math.round((Date.now() - started) / 1000)).padStart(6)} s  ${words}`;
    process.stdout.write(`${line}\n`);
    appendFileSync(join(directory, 'steps.log'), `${line}\n`);
  };

  /** A promised figure, as `id target measured`; all are said, and one that is missed fails the scenario at its end. */
  const figure = (id, target, measured) => {
    say(`${id}  ${target}  ${measured}${measured === target ? '' : '  MISSED'}`);
    if (measured !== target) missed.push(id);
  };

  const boot = async (disk, {home = directory, ...options} = {}) => {
    const machine = await startMachine(home, {disk, ...options});
    machines.push(machine);
    return machine;
  };

  /**
   * A host as it was installed; other hardware than the saved machine's boots through its firmware. `name` keeps several of
   * one scenario apart; `hasProgram: false` leaves it to the scenario to install the program. `emulatorFrom` is the Debian
   * suite whose QEMU has that hardware.
   */
  const installedHost = async ({
    image = 'debian-12',
    hardware,
    name = '',
    hasProgram = true,
    forwardsSsh,
    emulatorFrom,
  } = {}) => {
    const home = join(directory, name);
    mkdirSync(home, {recursive: true});
    const disk = join(home, 'disk.qcow2');
    const folder = await imageOf(image);
    copyFileSync(join(folder, 'installed.qcow2'), disk);
    await run('qemu-img', ['rebase', '-u', '-b', join(folder, 'base.raw'), '-F', 'raw', disk], {seconds: 30});
    const machine = await boot(disk, {
      home,
      forwardsSsh,
      hardware: {...(hardware ?? recipes[image].hardware), ...copyVariables(folder)},
      ...(hardware === undefined ? {snapshot: 'booted'} : {}),
      ...(emulatorFrom === undefined ? {} : {emulator: await emulatorOf(emulatorFrom)}),
    });
    if (hardware !== undefined) await machine.waitForLogin();
    await machine.run(`date -s @${Math.floor(Date.now() / 1000)}`);
    // libvirtd completes its own configuration at its first start: before anything is compared.
    if (recipes[image].hypervisor !== 'xen') await machine.run('virsh list', 60);
    if (hasProgram) await installProgram(machine, archive);
    return machine;
  };

  /** Of a host with UEFI: what its firmware remembers. */
  const copyVariables = (folder) => {
    if (!existsSync(join(folder, 'vars.qcow2'))) return {};
    const vars = join(directory, 'vars.qcow2');
    copyFileSync(join(folder, 'vars.qcow2'), vars);
    return {vars};
  };

  /** Kept with its memory, so that another scenario can go on from here. */
  const keepApplied = async (machine) => {
    await machine.monitor.save('applied');
    copyFileSync(join(directory, 'disk.qcow2'), appliedDisk);
  };

  /** A host on which the guest's card is set up and which was rebooted since; null when no scenario of this run left one. */
  const appliedHost = async () => {
    if (!existsSync(appliedDisk)) return null;
    const disk = join(directory, 'disk.qcow2');
    copyFileSync(appliedDisk, disk);
    return boot(disk, {snapshot: 'applied'});
  };

  const stopMachines = async () => {
    for (const machine of machines) await machine.stop();
  };

  return {directory, missed, say, figure, boot, installedHost, keepApplied, appliedHost, stopMachines};
};
