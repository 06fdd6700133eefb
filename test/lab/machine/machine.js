import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {killGroup, start} from '../processes.js';
import {machineArguments} from './arguments.js';
import {describeHost} from './host.js';
import {openLine, pause} from './line.js';
import {openMonitor} from './monitor.js';
import {withWriteLog} from './write-log.js';

const bootSeconds = 300;

/**
 * Starts the emulator; `snapshot` continues where one was saved, `direct` boots a kernel without GRUB, `writeLog` notes each
 * write of the disk, `forwardsSsh` gives it an `sshPort` on 127.0.0.1, `emulator` is what starts another QEMU than this machine's.
 */
export const startMachine = async (
  directory,
  {disk, snapshot, direct, writeLog, forwardsSsh, hardware = {}, emulator: command = ['qemu-system-x86_64']},
) => {
  const host = describeHost(hardware);
  const share = join(directory, 'share');
  mkdirSync(share, {recursive: true});
  const socket = (name) => join(directory, `${name}.sock`);
  // Without core files: an emulator that aborts would take minutes to write its memory down, with its sockets still open.
  const emulator = start('/bin/sh', [
    '-c',
    'ulimit -c 0; exec "$@"',
    'sh',
    ...command,
    ...withWriteLog(machineArguments({disk, share, forwardsSsh}, host), disk, writeLog),
    // As it is, the chipset's strap is set to NO_REBOOT: the watchdog counts down, and nothing happens (QEMU: hw/acpi/tco.c).
    '-global',
    'ICH9-LPC.noreboot=off',
    ...['console', 'shell'].flatMap((name) => [
      '-chardev',
      `socket,id=${name},path=${socket(name)},server=on,wait=on`,
      '-serial',
      `chardev:${name}`,
    ]),
    '-qmp',
    `unix:${socket('qmp')},server=on,wait=off`,
    ...(snapshot === undefined ? [] : ['-loadvm', snapshot]),
    ...(direct === undefined
      ? []
      : ['-kernel', direct.kernel, '-initrd', direct.initrd, '-append', direct.commandLine]),
  ]);
  const errors = [];
  emulator.stderr.on('data', (chunk) => errors.push(chunk));
  emulator.once('exit', () => writeFileSync(join(directory, 'qemu.log'), Buffer.concat(errors)));
  const console = await openLine(socket('console'), join(directory, 'console.log'));
  const shell = await openLine(socket('shell'), join(directory, 'shell.log'));
  const monitor = await openMonitor(socket('qmp'));
  return {
    directory,
    share,
    host,
    console,
    monitor,
    sshPort: forwardsSsh ? await monitor.forwardedPort() : null,
    ...shellCommands(shell, console, hardware.vars === undefined),
    stop: () => stopEmulator(emulator, [console, shell, monitor]),
  };
};

const stopEmulator = async (emulator, connections) => {
  for (const connection of connections) connection.close();
  if (emulator.exitCode !== null || emulator.signalCode !== null) return;
  const gone = new Promise((resolve) => void emulator.once('exit', resolve));
  killGroup(emulator);
  await gone;
};

/** The other serial line has a shell too; its answers stay in console.log. */
const askWhereItHangs = async (console) => {
  console.type(
    'ps axfo pid,stat,wchan:24,time,args; for stack in $(grep -lE "^State:\\s+D" /proc/[0-9]*/status); do echo "$stack"; cat "${stack%status}stack"; done\n',
  );
  await pause(30_000);
};

/**
 * An emulated processor now and then gets no time for many seconds; its kernel reports that, and what restarts then has
 * lost the command that was typed.
 */
const stall = /rcu: INFO: .* stall|soft lockup/;
const restart = new RegExp(`(?:${stall.source})[^]*(?:GNU GRUB|Loading Linux)`);

const failAtRestart = (console) => {
  let timer;
  const failed = new Promise((_, reject) => {
    timer = setInterval(() => {
      if (restart.test(console.seen())) reject(new Error('It restarted on its own.'));
    }, 2000);
  });
  return {failed, stop: () => clearInterval(timer)};
};

const shellCommands = (shell, console, hasGrub) => {
  let count = 0;

  const answerOf = async (command, seconds) => {
    count += 1;
    const tag = `lab-${count}-${process.pid}`;
    shell.skip();
    shell.type(`{ ${command}\n} </dev/null; printf '<%s %s>\\n' ${tag} $?\n`);
    const answer = shell.waitFor(new RegExp(`<${tag} (\\d+)>\\r*\\n`), seconds);
    // Nobody waits for it any more after a restart.
    answer.catch(() => {});
    const watch = failAtRestart(console);
    const {before, 1: code} = await Promise.race([answer, watch.failed]).finally(watch.stop);
    return {code: Number(code), output: before.replaceAll('\r', '').trimEnd()};
  };

  /** Runs one command line as root on the second serial port. */
  const tryRun = async (command, seconds = 60) => {
    try {
      return await answerOf(command, seconds);
    } catch (error) {
      const hasStalled = stall.exec(console.seen());
      await askWhereItHangs(console);
      throw hasStalled === null
        ? error
        : new Error(`The emulated machine stalled (${hasStalled[0]}). ${error.message}`, {cause: error});
    }
  };

  const run = async (command, seconds) => {
    const {code, output} = await tryRun(command, seconds);
    if (code !== 0) throw new Error(`\`${command}\` ended with ${code}:\n${output.slice(-2000)}`);
    return output;
  };

  const waitForLogin = async (seconds = bootSeconds) => {
    await console.waitFor(/lab# $/, seconds);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      try {
        await answerOf('true', 10);
        return;
      } catch (error) {
        if (attempt === 9) throw error;
      }
    }
  };

  /** Through the firmware and the boot loader, as the person at the machine would; `entry` is what GRUB is to start. */
  const reboot = async (entry = 'Debian GNU/Linux') => {
    await startReboot(entry);
    await waitForLogin();
  };

  const startReboot = async (entry) => {
    console.skip();
    shell.type('systemctl reboot\n');
    await waitForEntry(entry);
  };

  /** systemd-boot does not say what it starts; `entry` null is any (of a submenu GRUB names the submenu). */
  const waitForEntry = async (entry, seconds = bootSeconds) => {
    if (!hasGrub) return;
    const {1: started} = await console.waitFor(/Booting `([^']*)'/, seconds);
    if (entry !== null && started !== entry) throw new Error(`GRUB started ${started} and not ${entry}`);
  };

  const withShare = async (command, seconds) => {
    await run('mkdir -p /mnt/share && mount -t 9p -o trans=virtio,version=9p2000.L share /mnt/share', 30);
    try {
      return await run(command, seconds);
    } finally {
      await run('umount /mnt/share', 30);
    }
  };

  return {tryRun, run, waitForLogin, reboot, startReboot, waitForEntry, withShare};
};
