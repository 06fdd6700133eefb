import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {readAppliedRun, trialOf} from '../../src/hosts/applied-run.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {figure} from '../figures/figure.ts';
import {interceptMachine} from '../support/intercept-machine.ts';
import {chooseSeed, randomOf} from '../support/random.ts';
import {badWriter} from '../transaction/bad-writer.ts';
import {silent} from '../transaction/scenario.ts';
import {runVerb, withProfile} from './history-commands.ts';
import {createHost, factsOf, type ModelHost, sourceOf} from './history-host.ts';
import {playHistory} from './history-play.ts';
import {withPrograms} from './history-programs.ts';
import {type Breakage, rebootHost, runOn} from './history-run.ts';
import {type History, makeHistory, shrinkHistory} from './history-steps.ts';
import {bySize, isNightly} from '../support/sizes.ts';

/** Always the same ones by day: what nobody has changed is no reason to refuse a change. */
const seed = isNightly ? chooseSeed() : Number(process.env['VFIO_PILOT_SEED'] ?? 1);
const histories = Number(process.env['VFIO_PILOT_HISTORIES'] ?? bySize(3, 50, 2000));

beforeAll(() => void vi.useFakeTimers({toFake: ['Date'], now: 0}));
afterAll(() => void vi.useRealTimers());

/** Plays so many; the first that is wrong comes with the shortest way to it. */
const playMany = (
  count: number,
  breakage: Breakage = {},
): Promise<{
  readonly violation: string | null;
  readonly shortest: History;
  readonly transitions: ReadonlySet<string>;
}> =>
  withProfile(async (profile) => {
    const random = randomOf(seed);
    const seen = new Set<string>();
    for (let index = 0; index < count; index += 1) {
      const history = makeHistory(20, random);
      const {violation, transitions} = await playHistory(history, profile, breakage);
      for (const one of transitions) seen.add(one);
      if (violation === null) continue;
      const shortest = await shrinkHistory(
        history,
        async (one) => (await playHistory(one, profile, breakage)).violation !== null,
      );
      const told = (await playHistory(shortest, profile, breakage)).violation;
      return {
        violation: `history ${index}: ${told}\n${shortest.map((step) => JSON.stringify(step)).join('\n')}`,
        shortest,
        transitions: seen,
      };
    }
    return {violation: null, shortest: [], transitions: seen};
  });

/** Of everything that can happen, what must have happened for the rest to mean something. */
const wanted = [
  'apply push-apply',
  'trial push-trial',
  'rollback pop',
  'rollback-keeping pop',
  'apply kill',
  'confirm confirm',
  'confirm same',
  'trial power-cut',
  'rollback kill',
  'confirm kill',
  'recover same',
  'kernel',
  'edit',
  'reboot',
  'power-cut',
];

const carelessly: Readonly<Record<string, Breakage>> = {
  'writes in place': {wrap: (machine) => badWriter(machine, 'in-place')},
  'saves no file': {wrap: (machine) => ({...machine, create: (path) => ({...machine.create(path), sync: silent})})},
  'saves no directory': {wrap: (machine) => ({...machine, syncDirectory: silent})},
  'forgets a temp': {wrap: (machine) => badWriter(machine, 'forgets-temps')},
};

/** As if each boot said on its command line that it is the trial that waits. */
const alwaysOnTrial = (host: ModelHost): HostFacts => {
  const facts = factsOf(host);
  const trial = trialOf(readAppliedRun(host.disk.machine))?.trial;
  return trial === undefined
    ? facts
    : {
        ...facts,
        boot: {
          ...facts.boot,
          commandLine: `${host.commandLine} hugepages=0:6144 hugepagesz=2M vfio_pilot.trial=${trial}`,
        },
        ...factsOfBoundCard(facts),
      };
};
const factsOfBoundCard = (facts: HostFacts): Pick<HostFacts, 'pci' | 'nodes'> => ({
  pci: facts.pci.map((device) => (device.iommuGroup === 17 ? {...device, driver: 'vfio-pci'} : device)),
  nodes: facts.nodes.map((node) => ({...node, hugepages: [{sizeKiB: 2048, total: node.id === 0 ? 6144 : 0, free: 0}]})),
});

describe(`a random history (VFIO_PILOT_SEED=${seed})`, () => {
  it("leaves a host that starts, nothing half done, and nobody's edit lost", async () => {
    const {violation, transitions} = await playMany(histories);
    figure(
      'L',
      `0 violations of ${histories} histories`,
      `${violation === null ? 0 : 1} violations of ${histories} histories`,
    );
    expect(violation).toBeNull();
    expect(wanted.slice(0, histories < 100 ? 4 : wanted.length).filter((one) => !transitions.has(one))).toEqual([]);
  });

  it.each(Object.keys(carelessly))('shows what is wrong with a writer that %s', async (kind) => {
    const {violation} = await playMany(60, carelessly[kind]);
    figure(`L control, ${kind}`, '≥ 1 caught', violation === null ? 0 : 1);
    expect(violation).not.toBeNull();
  });

  it('shows that a boot was confirmed which was no trial, in the two steps that it takes', async () => {
    const {violation, shortest} = await playMany(60, {readFacts: alwaysOnTrial});
    figure('L control, confirms any boot', '≥ 1 caught', violation === null ? 0 : 1);
    expect(shortest.map((step) => (step.do === 'run' ? step.verb : step.do))).toEqual(['trial', 'confirm']);
  });
});

it('confirm --json says in one document what it looked at and whether it wrote', () =>
  withProfile(async (profile) => {
    const {host} = await runOn(createHost(), 'trial', profile, {});
    const started = rebootHost(host, 'good');
    const confirm = async (isDry: boolean): Promise<unknown> => {
      const machine = withPrograms(started.disk.machine);
      const {words} = await runVerb(
        'confirm',
        profile,
        {machine, source: sourceOf(started), facts: () => factsOf(started)},
        {isDry, json: true},
      );
      return JSON.parse(words);
    };
    expect(await confirm(true)).toMatchObject({
      version: 1,
      promises: expect.arrayContaining([expect.objectContaining({status: 'kept'})]) as unknown,
      applied: null,
    });
    expect(await confirm(false)).toMatchObject({
      version: 1,
      applied: expect.stringMatching(/^\d{8}T\d{6}Z-\w{4}$/) as unknown,
    });
  }));

it('a dry run of each verb goes through to its end, and the disk stays without a single change', () =>
  withProfile(async (profile) => {
    const play = async (host: ModelHost, verb: 'apply' | 'trial' | 'confirm' | 'rollback', isDry: boolean) => {
      let mutations = 0;
      const machine = interceptMachine(withPrograms(host.disk.machine), {
        onRead: () => undefined,
        onMutation: () => ((mutations += 1), null),
      });
      const stage = {machine, source: sourceOf(host), facts: () => factsOf(host)};
      const said = await runVerb(verb, profile, stage, {isDry});
      expect(said).toMatchObject({isRefused: false, bug: null});
      return {mutations, words: said.words};
    };
    const host = createHost();
    for (const verb of ['apply', 'trial'] as const) {
      const {mutations, words} = await play(host, verb, true);
      expect([verb, mutations]).toEqual([verb, 0]);
      expect(words).toMatch(/^ {2}would install .*\n[^]*Dry run: nothing was written\.\n$/m);
    }
    await play(host, 'trial', false);
    const trial = rebootHost(host, 'good');
    expect((await play(trial, 'confirm', true)).mutations).toBe(0);
    await play(trial, 'confirm', false);
    const {mutations, words} = await play(trial, 'rollback', true);
    expect(mutations).toBe(0);
    expect(words).toMatch(/^ {2}would restore \/etc\/default\/grub$/m);
    expect((await play(trial, 'rollback', false)).mutations).toBeGreaterThan(0);
  }));
