import {readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {nextStartOf, parseGuestConfig} from '../../src/formats/qemu-server/config.ts';
import {changeOfSettings, isNoChange} from '../../src/formats/qemu-server/settings.ts';
import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, readEdits, rollback} from '../../src/hosts/transactions.ts';
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

const script = '/var/lib/vz/snippets/vfio-pilot-101.sh';
const made = after.replace(/\n\[clean\][^]*/, '');

/** A guest that is there, one with a hookscript, and one that is made. */
const scenarios = {
  change: {conf: before, wanted: after, more: []},
  hookscript: {conf: before, wanted: `hookscript: local:snippets/vfio-pilot-101.sh\n${after}`, more: [script]},
  create: {conf: null, wanted: made, more: []},
} as const;

const changesOf = (machine: Machine, {wanted, more}: (typeof scenarios)[keyof typeof scenarios]) => [
  fileChange(machine, other, 'softdep nouveau pre: vfio-pci\n'),
  ...more.map((file) => fileChange(machine, file, '#!/bin/sh\n', 'file', 0o755)),
  {...fileChange(machine, path, wanted, 'guest'), ...(wanted === made ? {onRollback: 'keep' as const} : {})},
];

/** `neither`: some of it; every file of the run has to be of one and the same side. */
const sideOf = (root: string, {conf, wanted, more}: (typeof scenarios)[keyof typeof scenarios]): string => {
  const hasFiles = [other, ...more].map((file) => readable(root, file));
  const isBefore = conf === null ? !readable(root, path) : hasSettings(root, conf);
  if (isBefore && hasFiles.every((one) => !one)) return 'before';
  const isAfter = readable(root, path) && hasSettings(root, wanted) && !/^lock:/m.test(text(root, path));
  return isAfter && hasFiles.every((one) => one) ? 'after' : 'neither';
};

it.each(Object.entries(scenarios))(
  'a kill between any two writes of qm leaves what the next run finishes, one way or the other: %s',
  async (_, scenario) => {
    const outcomes = new Set<string>();
    for (const phase of scenario.conf === null ? (['apply'] as const) : (['apply', 'rollback'] as const))
      for (const direction of ['back', 'forward'] as const)
        for (let limit = 0; limit < (scenario.conf === null ? 3 : 14); limit += 1)
          await withRoot(async (root) => {
            fill(root, scenario.conf);
            let isKilling = phase === 'apply';
            const gone = interceptDeath(machineOf(root, {dieAfter: () => (isKilling ? limit : null)}));
            await applyChanges(gone, request(changesOf(gone, scenario)), silent, signal).catch(silent);
            isKilling = true;
            if (phase === 'rollback') await rollback(gone, {}, silent, signal).catch(silent);
            const machine = machineOf(root);
            await recover(machine, {direction}, silent);
            const side = sideOf(root, scenario);
            outcomes.add(side);
            expect(`${phase} ${limit} ${direction}: ${side}`).not.toContain('neither');
            expect(await recover(machine, {direction: 'back'}, silent)).toEqual([]);
          });
    expect([...outcomes].sort()).toEqual(['after', 'before']);
  },
);

it.each(Object.entries(scenarios))('a kill before or after any call of qm does so, too: %s', async (_, scenario) => {
  for (const moment of ['before', 'after'] as const)
    for (const direction of ['back', 'forward'] as const)
      for (let call = 1; call <= 3; call += 1)
        await withRoot(async (root) => {
          fill(root, scenario.conf);
          const gone = interceptDeath(machineOf(root), {call, moment});
          await applyChanges(gone, request(changesOf(gone, scenario)), silent, signal).catch(silent);
          await rollback(gone, {}, silent, signal).catch(silent);
          const machine = machineOf(root);
          await recover(machine, {direction}, silent);
          // A new guest is its owner's after the run, and stays when the rest is rolled back.
          if (scenario.conf === null && !readable(root, other)) return;
          expect(`${moment} ${call} ${direction}: ${sideOf(root, scenario)}`).not.toContain('neither');
        });
});

it('failure mode 79: a second kill, while the guest that was half made is taken away, is no end either', async () => {
  for (const limit of [0, 1])
    await withRoot(async (root) => {
      fill(root, null);
      const gone = interceptDeath(machineOf(root, {dieAfter: () => 1}));
      await applyChanges(gone, request(changesOf(gone, scenarios.create)), silent, signal).catch(silent);
      expect(text(root, path)).toBe('lock: create\n');
      const again = interceptDeath(machineOf(root, {dieAfter: () => limit}));
      await recover(again, {direction: 'back'}, silent).catch(silent);
      expect(text(root, path)).toBe(limit === 0 ? 'lock: create\n' : 'lock: destroyed\n');
      const calls: string[][] = [];
      await recover(machineOf(root, {calls}), {direction: 'back'}, silent);
      expect(calls).toEqual([['destroy', '101', '--skiplock', '1']]);
      expect(sideOf(root, scenarios.create)).toBe('before');
    });
});

/** Once qm is gone in the middle, this process is, too: nothing of it happens any more. */
const interceptDeath = (
  machine: Machine,
  at: {readonly call: number; readonly moment: 'before' | 'after'} | null = null,
): Machine => {
  let isDead = false;
  let calls = 0;
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
      calls += 1;
      try {
        if (at?.moment === 'before' && at.call === calls) throw new Error('killed');
        const result = await machine.run(request_);
        if (at?.moment === 'after' && at.call === calls) throw new Error('killed');
        return result;
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
