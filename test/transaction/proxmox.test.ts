import {readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {nextStartOf, parseGuestConfig} from '../../src/formats/qemu-server/config.ts';
import {changeOfSettings, isNoChange} from '../../src/formats/qemu-server/settings.ts';
import {applyChanges, readEdits, recover, rollback} from '../../src/hosts/transactions.ts';
import type {Machine} from '../../src/system/machine.ts';
import {machineError} from '../../src/system/machine-error.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {interceptMachine} from '../support/intercept-machine.ts';
import {standInQm} from '../support/stand-in-qm.ts';
import {readHistory} from '../../src/transaction/history.ts';
import {fileChange, request} from './scenario.ts';
import {put, putLink, text, withRoot} from './scratch-root.ts';

const path = '/etc/pve/qemu-server/101.conf';
const other = '/etc/modprobe.d/vfio-pilot.conf';
const silent = (): void => undefined;
const signal = new AbortController().signal;

/** Written by hand, so that qm's order is another; with a snapshot and a change that waits. */
const before = `#my guest
name: win10
machine: pc-q35-9.0
memory: 8192
cores: 4
agent: 1
vga: std

[PENDING]
cores: 6

[clean]
memory: 2048
`;
const after = `#my guest
name: win10
machine: pc-q35-9.0
memory: 12288
cores: 8
agent: 1
affinity: 2,4
hostpci0: 0000:06:00,pcie=1
hugepages: 2
numa: 1
numa0: cpus=0-7,hostnodes=0,memory=12288,policy=bind

[clean]
memory: 2048
`;

const fill = (root: string, conf: string | null = before): void => {
  put(root, '/etc/pve/nodes/pve1/qemu-server/.keep', '');
  putLink(root, '/etc/pve/qemu-server', 'nodes/pve1/qemu-server');
  if (conf !== null) put(root, path, conf, 0o640);
};

/** pmxcfs lets nobody but its own programs do these; it refuses chmod and chown of anything but what it shows itself. */
const inCluster = (machine: Machine): Machine =>
  interceptMachine(machine, {
    onRead: silent,
    onMutation: (call) => {
      if (call.path.startsWith('/etc/pve/') && call.name !== 'syncDirectory')
        throw machineError(call.name, call.path, Object.assign(new Error('EPERM'), {code: 'EPERM'}));
      return null;
    },
  });

const machineOf = (root: string, options: Parameters<typeof standInQm>[0] = {}): Machine =>
  inCluster(realMachine(root, {qm: standInQm(options)}));

const changes = (machine: Machine) => [
  fileChange(machine, other, 'softdep nouveau pre: vfio-pci\n'),
  fileChange(machine, path, after, 'guest'),
];

const keepingEdits = (machine: Machine) => ({edits: readEdits(machine, readHistory(machine)[0]?.id ?? '', [])});

const hasSettings = (root: string, wanted: string): boolean => isNoChange(changeOfSettings(text(root, path), wanted));

describe('a guest of Proxmox VE', () => {
  it('is changed by qm alone, in one call with the digest, and its snapshot stays', async () => {
    await withRoot(async (root) => {
      fill(root);
      const calls: string[][] = [];
      const machine = machineOf(root, {calls});
      await applyChanges(machine, request(changes(machine)), silent, signal);
      expect(calls.map(([verb, vmid, option]) => [verb, vmid, option])).toEqual([['set', '101', '--digest']]);
      expect(calls[0]).toEqual(expect.arrayContaining(['--hostpci0', '0000:06:00,pcie=1', '--delete', 'vga']));
      expect(hasSettings(root, after)).toBe(true);
      expect(text(root, path)).toContain('#my guest\n');
      expect(parseGuestConfig(text(root, path)).snapshots).toHaveProperty('clean');
    });
  });

  it('has every old setting again after a rollback, also the one that waited', async () => {
    await withRoot(async (root) => {
      fill(root);
      const machine = machineOf(root);
      await applyChanges(machine, request(changes(machine)), silent, signal);
      const result = await rollback(machine, {}, silent, signal);
      expect(result).toMatchObject({outcome: 'rolled-back', edited: [], bySettings: [path]});
      expect(
        nextStartOf(parseGuestConfig(text(root, path)))
          .map(({key, value}) => `${key}: ${value}`)
          .sort(),
      ).toEqual(['agent: 1', 'cores: 6', 'machine: pc-q35-9.0', 'memory: 8192', 'name: win10', 'vga: std']);
      expect(await rollback(machine, {}, silent, signal)).toMatchObject({outcome: 'nothing-to-do'});
    });
  });

  it('that has moved to another node is left alone by a rollback, which says so', async () => {
    await withRoot(async (root) => {
      fill(root);
      const machine = machineOf(root);
      await applyChanges(machine, request(changes(machine)), silent, signal);
      put(root, '/etc/pve/nodes/pve2/qemu-server/101.conf', text(root, path), 0o640);
      rmSync(join(root, path));
      await expect(rollback(machine, {}, silent, signal)).rejects.toThrow(path);
      await rollback(machine, keepingEdits(machine), silent, signal);
      expect(readable(root, path)).toBe(false);
      expect(text(root, '/etc/pve/nodes/pve2/qemu-server/101.conf')).toContain('hostpci0');
      expect(readable(root, other)).toBe(false);
    });
  });

  it('that was changed since keeps the change, through qm, and loses the card', async () => {
    await withRoot(async (root) => {
      fill(root);
      const machine = machineOf(root);
      await applyChanges(machine, request(changes(machine)), silent, signal);
      const edited = text(root, path).replace('agent: 1', 'agent: 0');
      put(root, path, edited, 0o640);
      await rollback(machine, keepingEdits(machine), silent, signal);
      expect(hasSettings(root, before.replace('agent: 1', 'agent: 0'))).toBe(true);
    });
  });

  it('gets a hookscript before qm is asked to set it, and both go in a rollback', async () => {
    await withRoot(async (root) => {
      fill(root);
      const script = '/var/lib/vz/snippets/vfio-pilot-101.sh';
      const machine = machineOf(root);
      const guest = fileChange(machine, path, `hookscript: local:snippets/vfio-pilot-101.sh\n${after}`, 'guest');
      await expect(applyChanges(machine, request([guest]), silent, signal)).rejects.toMatchObject({isRestored: true});
      const file = fileChange(machine, script, '#!/bin/sh\n', 'file', 0o755);
      await applyChanges(machine, request([guest, file]), silent, signal);
      expect(text(root, path)).toContain('hookscript: local:snippets/vfio-pilot-101.sh\n');
      await rollback(machine, {}, silent, signal);
      expect(hasSettings(root, before)).toBe(true);
      expect(readable(root, script)).toBe(false);
    });
  });

  it('is refused by qm where somebody else has changed it, or a line is wrong, and all is as before', async () => {
    await withRoot(async (root) => {
      fill(root);
      const machine = machineOf(root);
      const wrong = after.replace('memory=12288', 'memory=1024');
      const change = fileChange(machine, path, wrong, 'guest');
      await expect(
        applyChanges(machine, request([fileChange(machine, other, 'x\n'), change]), silent, signal),
      ).rejects.toMatchObject({isRestored: true, message: expect.stringContaining('total memory for NUMA nodes')});
      expect(hasSettings(root, before)).toBe(true);
      expect(() => readFileSync(join(root, other))).toThrow('ENOENT');
    });
  });

  it('that is new is made by qm, destroyed by a run that fails, and stays after a rollback', async () => {
    await withRoot(async (root) => {
      fill(root, null);
      const machine = machineOf(root);
      const made = {
        ...fileChange(machine, path, after.replace(/\n\[clean\][^]*/, ''), 'guest'),
        onRollback: 'keep',
      } as const;
      await applyChanges(machine, request([made]), silent, signal);
      expect(text(root, path)).toContain('hostpci0: 0000:06:00,pcie=1');
      await rollback(machine, {}, silent, signal);
      expect(text(root, path)).toContain('hostpci0: 0000:06:00,pcie=1');
    });
    await withRoot(async (root) => {
      fill(root, null);
      const machine = inCluster(realMachine(root, {qm: standInQm(), false: () => ({exitCode: 1})}));
      const made = {
        ...fileChange(machine, path, after.replace(/\n\[clean\][^]*/, ''), 'guest'),
        onRollback: 'keep',
      } as const;
      const failing = {
        kind: 'command',
        argv: ['/bin/false'],
        undo: null,
        triggers: [],
        timeoutSeconds: 1,
        why: [],
      } as const;
      const run = {kind: 'run', path: '/bin/false', command: failing, diff: '', why: []} as const;
      await expect(applyChanges(machine, request([made, run]), silent, signal)).rejects.toMatchObject({
        isRestored: true,
      });
      expect(() => readFileSync(join(root, path))).toThrow('ENOENT');
    });
  });
});

it('a kill between any two writes of qm, in apply and in rollback, leaves what the next run finishes', async () => {
  const outcomes = new Set<string>();
  for (const phase of ['apply', 'rollback'] as const)
    for (let limit = 0; limit < 14; limit += 1)
      await withRoot(async (root) => {
        fill(root);
        let isKilling = phase === 'apply';
        const dying = machineOf(root, {dieAfter: () => (isKilling ? limit : null)});
        const gone = interceptDeath(dying);
        await applyChanges(gone, request(changes(gone)), silent, signal).catch(silent);
        isKilling = true;
        if (phase === 'rollback') await rollback(gone, {}, silent, signal).catch(silent);
        const machine = machineOf(root);
        await recover(machine, {direction: limit % 2 === 0 ? 'back' : 'forward'}, silent);
        const state = hasSettings(root, before) ? 'before' : hasSettings(root, after) ? 'after' : 'neither';
        outcomes.add(state);
        expect(`${phase} ${limit}: ${state}`).not.toContain('neither');
        expect(state === 'after').toBe(readable(root, other));
        await rollback(machine, {}, silent, signal);
        expect(hasSettings(root, before)).toBe(true);
      });
  expect([...outcomes].sort()).toEqual(['after', 'before']);
});

/** Once qm is gone in the middle, this process is, too: nothing of it happens any more. */
const interceptDeath = (machine: Machine): Machine => {
  let isDead = false;
  const die = (): void => {
    if (isDead) throw Object.assign(new Error('the process is gone'), {code: 'CRASH'});
  };
  const guarded = interceptMachine(machine, {
    onRead: die,
    onMutation: () => {
      die();
      return null;
    },
  });
  return {
    ...guarded,
    // A process that nobody finds any more.
    self: {...machine.self, pid: 999_999_999, startTime: '1'},
    run: async (request_) => {
      die();
      try {
        return await machine.run(request_);
      } catch (error) {
        isDead = true;
        throw error;
      }
    },
  };
};

const readable = (root: string, file: string): boolean => {
  try {
    return readFileSync(join(root, file)).length > 0;
  } catch {
    return false;
  }
};
