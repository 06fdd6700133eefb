import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {BaseContext} from '../../src/commands/command.ts';
import {history} from '../../src/commands/history.ts';
import {verify} from '../../src/commands/verify.ts';
import {NoRightsError, NothingAppliedError} from '../../src/errors.ts';
import {hostOf} from '../../src/hosts/here.ts';
import type {Host} from '../../src/hosts/host.ts';
import {readHost} from '../../src/host/read-host.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {openSource, type Source} from '../../src/system/source.ts';
import {journalRoot} from '../../src/system/state-directory.ts';
import {unpackHost} from '../support/host-tree.ts';

/** The tree as an ordinary user of a running machine would have it; `closed`: a folder that only root may list. */
const hostOfUser = (root: string, closed: string | null): Host => {
  const source = openSource(root, null);
  const limited: Source = {
    ...source,
    list: (path) => (path === closed ? [] : source.list(path)),
    denied: closed === null ? source.denied : new Set([closed]),
  };
  return hostOf({
    name: '/',
    isLive: true,
    isDry: false,
    mayWrite: false,
    toolVersion: '1.2.3',
    machine: async () => realMachine(root),
    source: async () => limited,
    reader: async () => () => readHost(source),
  });
};

const contextOf = (host: Host) => {
  const shown: string[] = [];
  const context = {
    json: false,
    host: async () => host,
    show: (text: string) => void shown.push(text),
    note: (text: string) => void shown.push(text),
  } as unknown as BaseContext;
  return {shown, context};
};

const notPruned = {prune: false, yes: false};
const withState = (): string => {
  const root = unpackHost('dell-r710-gtx1050');
  const run = join(root, journalRoot, '20260131T120000Z-x7k2');
  mkdirSync(run, {recursive: true, mode: 0o700});
  writeFileSync(join(run, 'journal.json'), '{}');
  return root;
};

describe('an ordinary user', () => {
  it('learns that nothing was ever set up, where there is no folder of journals', async () => {
    const {context} = contextOf(hostOfUser(unpackHost('dell-r710-gtx1050'), null));
    expect(await history.run({...context, options: notPruned})).toMatchObject({runs: [], unreadable: []});
    await expect(verify.run({...context, options: {}})).rejects.toThrow(NothingAppliedError);
    const host = await context.host();
    expect(await host.awaitsReboot(await host.facts())).toBe(false);
  });

  it('learns that only root can read the journals, after what can be seen without', async () => {
    const {context, shown} = contextOf(hostOfUser(withState(), journalRoot));
    await expect(history.run({...context, options: notPruned})).rejects.toThrow(NoRightsError);
    expect(shown).toEqual([]);
    await expect(verify.run({...context, options: {}})).rejects.toThrow(/only root can read its journals in \/var/);
    expect(shown.join('')).toContain('0000:06:00.0 (10de:1c81) with nouveau');
    expect(shown.join('')).toContain('intel_iommu=on');
    const host = await context.host();
    expect(await host.awaitsReboot(await host.facts())).toBeNull();
  });

  it('reads journals that somebody opened up, and never writes', async () => {
    const {context} = contextOf(hostOfUser(withState(), null));
    expect(await history.run({...context, options: notPruned})).toMatchObject({
      runs: [],
      unreadable: [{id: '20260131T120000Z-x7k2', kind: 'damaged'}],
    });
    await expect(history.run({...context, options: {...notPruned, prune: true}})).rejects.toThrow(NoRightsError);
    await expect(
      (await context.host()).recover({direction: 'back', acceptPresent: false}, () => undefined),
    ).rejects.toThrow('Only root can write to this machine.');
  });
});
