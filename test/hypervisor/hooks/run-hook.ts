import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';
import type {FileArtifact} from '../../../src/artifacts/artifact.ts';
import type {Rendered} from '../../../src/artifacts/rendered.ts';

export type HookHost = {
  readonly write: (path: string, text: string) => void;
  readonly read: (path: string) => string | null;
  /** Every file below, and every directory without one. */
  readonly find: (path: string) => readonly string[];
  /** As libvirt calls it, with dash. */
  readonly call: (hook: FileArtifact, operation: string) => {readonly status: number | null; readonly stderr: string};
  /** Every systemctl call since the last time, `set-property …`. */
  readonly asked: () => readonly string[];
};

/** A systemctl that keeps AllowedCPUs in files next to it, with a drop-in as systemd writes one, and irqbalance as a file. */
const systemctl = (root: string): string => `#!/bin/dash
echo "$@" >> ${root}/asked
case "$1 $2" in
'show --property=AllowedCPUs') cat ${root}/allowed/"$5" 2>/dev/null || echo ;;
'set-property --runtime')
	place=system.control
	[ "$4" != init.scope ] || place=transient
	mkdir -p ${root}/allowed ${root}/run/systemd/$place/"$4".d
	echo "\${5#AllowedCPUs=}" > ${root}/allowed/"$4"
	: > ${root}/run/systemd/$place/"$4".d/50-AllowedCPUs.conf
	# What systemd issue 43846 is about: the cgroup keeps its CPUs.
	[ -z "\${5#AllowedCPUs=}" ] || echo "\${5#AllowedCPUs=}" > ${root}/cgroup-"$4" ;;
'is-active --quiet') [ -e ${root}/irqbalance ] ;;
'stop irqbalance.service') rm ${root}/irqbalance ;;
'--no-block start') : > ${root}/irqbalance ;;
*) exit 1 ;;
esac
`;

/** A root with /run, /proc and /sys of its own, in which hooks run and nothing of this machine is touched. */
export const hookHost = (files: Readonly<Record<string, string>>): HookHost => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-hook-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), {recursive: true});
    writeFileSync(join(root, path), text);
  };
  const read = (path: string): string | null =>
    existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8').trim() : null;
  for (const [path, text] of Object.entries(files)) write(path, text);
  mkdirSync(join(root, 'run'), {recursive: true});
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin/systemctl'), systemctl(root), {mode: 0o755});
  writeFileSync(join(root, 'bin/logger'), '#!/bin/dash\n', {mode: 0o755});
  return {
    write,
    read,
    find: (path) =>
      readdirSync(join(root, path), {recursive: true, encoding: 'utf8', withFileTypes: true})
        .filter((entry) => entry.isFile() || readdirSync(join(entry.parentPath, entry.name)).length === 0)
        .map(({name}) => name)
        .filter((name) => name !== 'system.control' && name !== 'transient'),
    call: ({path, text}, operation) => {
      const script = join(root, basename(path));
      writeFileSync(script, inRoot(text, root));
      const {status, stderr} = spawnSync('/bin/dash', [script, guestOf(path), ...operation.split(' '), '-'], {
        encoding: 'utf8',
        input: '<domain/>',
      });
      return {status, stderr};
    },
    asked: () => {
      const lines = (read('asked') ?? '').split('\n').filter((line) => line !== '');
      write('asked', '');
      return lines;
    },
  };
};

const inRoot = (text: string, root: string): string =>
  ['run', 'proc', 'sys']
    .reduce((script, name) => script.replace(new RegExp(`^(\\w+)=/${name}$`, 'm'), `$1=${root}/${name}`), text)
    .replace(/^PATH=/m, `PATH=${root}/bin:`);

const guestOf = (path: string): string => /vfio-pilot-\d\d-[a-z]+-(.*)$/.exec(path)?.[1] ?? '';

export const hookOf = ({artifacts}: Rendered): FileArtifact => {
  const file = artifacts.find((artifact) => artifact.kind === 'file');
  if (file === undefined) throw new Error('no hook was rendered');
  return file;
};
