import {execFileSync, spawnSync} from 'node:child_process';
import {closeSync, constants, existsSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import type {FileArtifact} from '../../../src/artifacts/artifact.ts';
import {makeTree} from '../../support/make-tree.ts';

const guest = 'win11';
const card = '0000:06:00.0';
export const sound = '0000:06:00.1';

/** A display manager (gdm) that runs, whose end ends the session that has the card open. */
const systemctl = (root: string): string => `#!/bin/dash
echo "systemctl $*" >> ${root}/asked
case "$1 $2" in
'is-active --quiet') [ -e ${root}/active/"$3" ] ;;
'show --property=Id') case $5 in display-manager.service) echo gdm.service ;; *) echo "$5" ;; esac ;;
'stop --') case $3 in gdm.service) rm -f ${root}/active/display-manager.service; [ -e ${root}/stays ] || rm -rf ${root}/proc/100 ;; *) rm -f ${root}/active/"$3" ;; esac ;;
'--no-block start') ;;
*) exit 1 ;;
esac
`;

const slowSleep = (root: string, calls: number): string => `#!/bin/dash
[ "$1" = 1 ] || exec /bin/sleep "$1"
slept=$(($(cat ${root}/slept 2>/dev/null) + 1))
echo $slept > ${root}/slept
echo "$((100 + slept / ${calls})).50 0" > ${root}/proc/uptime
`;

/** Unloading takes the driver off the card; loading it does not bind here. */
const modprobe = (root: string): string => `#!/bin/dash
echo "modprobe $*" >> ${root}/asked
[ "$1" != -r ] || { [ ! -e ${root}/module-in-use ] && rm ${root}/sys/bus/pci/devices/${card}/driver; }
`;

export type HandoverHost = {
  readonly call: (operation: string) => {readonly status: number | null; readonly stderr: string};
  /** Programs that were called since the last time. */
  readonly asked: () => readonly string[];
  readonly read: (path: string) => string | null;
  readonly write: (path: string, text?: string) => void;
  /** What libvirt or the kernel does to a function in between; `null` takes its driver away. */
  readonly bind: (address: string, driver: string | null) => void;
  /** The seconds go by only as `sleep 1` is called, one for every `calls` of them; the answer is how often it was. */
  readonly slowClock: (calls: number) => {readonly slept: () => number};
  /** A write to this file succeeds, and does nothing. */
  readonly ignore: (path: string) => void;
  /** A write to this file waits for ever, until `release` is called. */
  readonly hang: (path: string) => {readonly release: () => void};
};

/** A root with /run, /proc and /sys of its own, in which the hook runs as libvirt runs it; nothing of this machine is touched. */
export const handoverHost = (hook: FileArtifact, driver = 'amdgpu'): HandoverHost => {
  const drivers = [driver, 'snd_hda_intel', 'vfio-pci'];
  const root = makeTree({
    [`sys/bus/pci/devices/${card}/driver_override`]: 'vfio-pci\n',
    [`sys/bus/pci/devices/${card}/driver`]: {link: `../../drivers/${driver}`},
    [`sys/bus/pci/devices/${card}/drm/card0/dev`]: '226:0\n',
    [`sys/bus/pci/devices/${sound}/driver`]: {link: '../../drivers/snd_hda_intel'},
    ...Object.fromEntries(drivers.map((name) => [`sys/bus/pci/drivers/${name}/unbind`, ''])),
    'sys/bus/pci/drivers_probe': '',
    'sys/class/vtconsole/vtcon0/name': '(S) dummy device\n',
    'sys/class/vtconsole/vtcon0/bind': '0\n',
    'sys/class/vtconsole/vtcon1/name': '(M) frame buffer device\n',
    'sys/class/vtconsole/vtcon1/bind': '1\n',
    'proc/uptime': {link: '/proc/uptime'},
    'proc/100/comm': 'gnome-shell\n',
    'proc/100/fd/7': {link: driver === 'nvidia' ? '/dev/nvidia0' : '/dev/dri/card0'},
    'active/display-manager.service': '',
    'run/empty': '',
    'bin/logger': {text: '#!/bin/dash\n', mode: 0o755},
  });
  writeFileSync(join(root, 'bin/systemctl'), systemctl(root), {mode: 0o755});
  writeFileSync(join(root, 'bin/modprobe'), modprobe(root), {mode: 0o755});
  const script = join(root, basename(hook.path));
  writeFileSync(script, inRoot(hook.text, root));
  const read = (path: string): string | null =>
    existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8').trim() : null;
  return {
    read,
    call: (operation) => {
      const {status, stderr} = spawnSync('/bin/dash', [script, guest, ...operation.split(' '), '-'], {
        encoding: 'utf8',
        input: '<domain/>',
      });
      return {status, stderr};
    },
    asked: () => {
      const lines = (read('asked') ?? '').split('\n').filter((line) => line !== '' && !/is-active|show/.test(line));
      writeFileSync(join(root, 'asked'), '');
      return lines;
    },
    write: (path, text = '') => writeFileSync(join(root, path), text),
    bind: (address, name) => {
      const link = join(root, `sys/bus/pci/devices/${address}/driver`);
      rmSync(link, {force: true});
      if (name !== null) symlinkSync(`../../drivers/${name}`, link);
    },
    slowClock: (calls) => {
      rmSync(join(root, 'proc/uptime'));
      writeFileSync(join(root, 'proc/uptime'), '100.50 0\n');
      writeFileSync(join(root, 'bin/sleep'), slowSleep(root, calls), {mode: 0o755});
      return {slept: () => Number(read('slept'))};
    },
    ignore: (path) => {
      rmSync(join(root, path));
      symlinkSync('/dev/null', join(root, path));
    },
    hang: (path) => {
      rmSync(join(root, path));
      execFileSync('mkfifo', [join(root, path)]);
      return {release: () => closeSync(openSync(join(root, path), constants.O_RDONLY | constants.O_NONBLOCK))};
    },
  };
};

/** The time limits are a second here. */
const inRoot = (text: string, root: string): string =>
  ['run', 'proc', 'sys']
    .reduce((script, name) => script.replace(new RegExp(`^(\\w+)=/${name}$`, 'm'), `$1=${root}/${name}`), text)
    .replace(/^PATH=/m, `PATH=${root}/bin:`)
    .replace(/^(limit|patience)=\d+$/gm, '$1=1');
