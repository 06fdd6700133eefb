import {createHash} from 'node:crypto';
import {existsSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseGuestConfig} from '../../src/formats/qemu-server/config.ts';
import type {Program} from '../../src/system/machine.ts';
import {problemOfLine, problemsAtStart} from './proxmox-schema.ts';

/**
 * **A stand-in for qm, not Proxmox's program**: no Proxmox VE was started for these tests. After PVE::API2::Qemu it
 * refuses a wrong digest, a locked guest, an unknown option and one in two places; it writes one setting after the other,
 * first into [PENDING], and puts them in force at the end when the guest is off; the file is sorted by key, and snapshots
 * stay. `create` and `destroy` lock the guest until they are done. Unlike the real one, which finds such things only when
 * the guest starts, it refuses settings that contradict each other. `dieAfter`: how many times it may write before it is
 * gone, as a kill leaves it.
 */
export const standInQm =
  (
    options: {readonly hostNodes?: number; readonly dieAfter?: () => number | null; readonly calls?: string[][]} = {},
  ): Program =>
  ([, verb = '', vmid = '', ...words], {root}) => {
    options.calls?.push([verb, vmid, ...words]);
    const file = join(root, `/etc/pve/qemu-server/${vmid}.conf`);
    const refuse = (stdout: string) => ({exitCode: 255, stdout: `${stdout}\n`});
    let writes = 0;
    const limit = options.dieAfter?.() ?? null;
    const write = (text: string | null): void => {
      if (limit !== null && writes >= limit) throw Object.assign(new Error('the process is gone'), {code: 'CRASH'});
      writes += 1;
      // pmxcfs: in place, under the name that is there.
      if (text === null) rmSync(file);
      else writeFileSync(file, text);
    };
    if (verb === 'destroy') {
      if (!existsSync(file)) return refuse(`no such VM ${vmid}`);
      const isLocked = /^lock:/m.test(readFileSync(file, 'utf8'));
      if (isLocked && words.join(' ') !== '--skiplock 1') return refuse('VM is locked');
      write('lock: destroyed\n');
      write(null);
      return {exitCode: 0};
    }
    const isNew = verb === 'create';
    if (isNew === existsSync(file)) return refuse(isNew ? `VM ${vmid} already exists` : `no such VM ${vmid}`);
    const before = isNew ? '' : readFileSync(file, 'utf8');
    const wish = optionsOf(words);
    if ('problem' in wish) return refuse(wish.problem);
    const conf = parseGuestConfig(before);
    if (wish.digest !== null && wish.digest !== createHash('sha1').update(before).digest('hex'))
      return refuse('checksum mismatch (file change by other user?)');
    if (conf.current.some(({key}) => key === 'lock')) return refuse('VM is locked');
    const current = new Map(conf.current.map(({key, value}) => [key, value]));
    const pending = new Map(conf.pending.map(({key, value}) => [key, value]));
    const removed = new Set((pending.get('delete') ?? '').split(',').filter((key) => key !== ''));
    pending.delete('delete');
    const script = wish.set.get('hookscript');
    if (script !== undefined && !isRunnable(root, script))
      return refuse(`hookscript: script '${script}' does not exist`);
    const save = (): void => {
      if (!isNew) write(render(before, current, pending, removed));
    };
    // The guest is locked while its disks are made, and written once they are there.
    if (isNew) write('lock: create\n');
    for (const key of wish.remove) {
      pending.delete(key);
      removed.add(key);
      save();
    }
    for (const key of wish.revert) {
      pending.delete(key);
      removed.delete(key);
      save();
    }
    for (const [key, value] of wish.set) {
      pending.set(key, allocate(vmid, key, value));
      removed.delete(key);
      save();
    }
    const next = new Map([...current].filter(([key]) => !removed.has(key)));
    for (const [key, value] of pending) next.set(key, value);
    const [problem] = problemsAtStart(next, options.hostNodes ?? 2);
    if (problem !== undefined) {
      if (isNew) write(null);
      return refuse(problem);
    }
    for (const key of removed) current.delete(key);
    for (const [key, value] of pending) current.set(key, value);
    pending.clear();
    removed.clear();
    write(render(before, current, pending, removed));
    return {exitCode: 0, stdout: `update VM ${vmid}: ${words.join(' ')}\n`};
  };

/** PVE::GuestHelpers, check_hookscript; `local` is where Proxmox VE has it. */
const isRunnable = (root: string, volume: string): boolean => {
  const name = /^local:snippets\/([^/]+)$/.exec(volume)?.[1];
  const file = join(root, '/var/lib/vz/snippets', name ?? '');
  return name !== undefined && existsSync(file) && (statSync(file).mode & 0o111) !== 0;
};

type Wish = {
  readonly digest: string | null;
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
  readonly revert: readonly string[];
};

const optionsOf = (words: readonly string[]): Wish | {readonly problem: string} => {
  const set = new Map<string, string>();
  const lists: Record<string, readonly string[]> = {};
  let digest: string | null = null;
  for (let index = 0; index < words.length; index += 2) {
    const [name = '', value] = words.slice(index, index + 2);
    if (!name.startsWith('--') || value === undefined) return {problem: `not an option: ${name}`};
    const key = name.slice(2);
    if (key === 'digest') digest = value;
    else if (key === 'delete' || key === 'revert') lists[key] = value.split(',');
    else if (problemOfLine(key, value) !== null) return {problem: `invalid format - ${problemOfLine(key, value)}`};
    else set.set(key, value);
  }
  const {delete: remove = [], revert = []} = lists;
  const twice = [...remove, ...revert].find((key, index, all) => set.has(key) || all.indexOf(key) !== index);
  if (twice !== undefined) return {problem: `you can't use '-${twice}' and '-delete ${twice}' at the same time`};
  return {digest, set, remove, revert};
};

/** `local-lvm:1,…` has a volume made. */
const allocate = (vmid: string, key: string, value: string): string =>
  /^(?:efidisk|tpmstate)0$/.test(key)
    ? value
        .replace(/^([^:]+):1,/, (_, storage: string) => `${storage}:vm-${vmid}-disk-${key.startsWith('efi') ? 0 : 1},`)
        .replace(/$/, ',size=4M')
    : value;

const render = (
  before: string,
  current: ReadonlyMap<string, string>,
  pending: ReadonlyMap<string, string>,
  removed: ReadonlySet<string>,
): string => {
  const lines = (of: ReadonlyMap<string, string>): string =>
    [...of]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, value]) => `${key}: ${value}\n`)
      .join('');
  const firstSection = before.search(/^\[/m);
  const head = firstSection === -1 ? before : before.slice(0, firstSection);
  const comments = (head.match(/^#.*\n/gm) ?? []).join('');
  const waiting = new Map([...pending, ...(removed.size === 0 ? [] : [['delete', [...removed].join(',')] as const])]);
  const sections = (before.match(/^\[[^\]]*\][^[]*/gm) ?? []).filter((section) => !/^\[PENDING\]/i.test(section));
  return [
    comments + lines(current),
    ...(waiting.size === 0 ? [] : [`[PENDING]\n${lines(waiting)}`]),
    ...sections.map((section) => `${section.trimEnd()}\n`),
  ].join('\n');
};
