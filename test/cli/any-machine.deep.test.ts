import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterAll, describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {runChecks} from '../../src/checks/run-checks.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {describeGroups} from '../../src/groups/describe-groups.ts';
import {readHost} from '../../src/host/read-host.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {encodeProfile} from '../../src/pipeline/profile-file.ts';
import {openSource} from '../../src/system/source.ts';
import {widthOf} from '../../src/words/lines.ts';
import {renderTopologySvg} from '../../src/topology/topology-svg.ts';
import {describeTopology} from '../../src/topology/topology-text.ts';
import {brokenPromises} from '../support/check-plan.ts';
import {machineShapes} from '../support/machine-shape.ts';
import {runCli} from '../support/run-cli.ts';
import {machinesDirectory} from '../support/shared-data.ts';
import {writeMachine} from '../support/write-machine.ts';
import {parseSvg} from '../topology/svg-document.ts';
import {deepOrNight} from '../support/sizes.ts';

/** All that `facts`, `check`, `groups`, `topology`, `profile new` and `plan` compute; what is wrong with it, as sentences. */
const workThrough = (facts: HostFacts): readonly string[] => {
  runChecks(facts);
  describeGroups(facts);
  const wrong = lookAt(facts, {facts, pinning: null, memory: null, deviceAddresses: []});
  const card = facts.pci.find((device) => device.class.startsWith('03'));
  if (card === undefined) return wrong;
  const {profile, findings: mistakes} = decodeProfile(
    encodeProfile(proposeProfile(facts, [card.address]), {}),
    'proposed',
  );
  if (profile === null) return [...wrong, `the proposed profile is not usable: ${JSON.stringify(mistakes)}`];
  const {plan, findings} = previewChanges(facts, profile);
  const drawn = lookAt(facts, {
    facts,
    pinning: plan.pinning,
    memory: plan.memory,
    deviceAddresses: plan.devices.flatMap(({address}) => address ?? []),
  });
  return [
    ...wrong,
    ...mistakes.map(({message}) => message),
    ...brokenPromises(facts, plan, findings, Number(profile.cpu.vcpus)),
    ...drawn,
  ];
};

const lookAt = (facts: HostFacts, map: Parameters<typeof renderTopologySvg>[0]): readonly string[] => {
  const lines = describeTopology({...map, columns: 80});
  const online = facts.cpu.cpus.filter((cpu) => cpu.online).length;
  return [
    ...lines.filter((line) => widthOf(line) > 80).map(() => 'a line of the map is too wide'),
    ...(parseSvg(renderTopologySvg(map)).description.startsWith(`${online} CPU`)
      ? []
      : ['the picture counts other CPUs']),
  ];
};

const machines = machinesDirectory();

describe.skipIf(machines === null)(
  'every command on every real machine (skipped where the shared data is not there)',
  () => {
    it.each(machines === null ? [] : readdirSync(join(machines, 'roots')))('of %s goes through', (set) => {
      const trees = readdirSync(join(machines!, 'roots', set), {withFileTypes: true})
        .filter((entry) => entry.isDirectory())
        .map(({name}) => name);
      const wrong = trees.flatMap((name) =>
        workThrough(readHost(openSource(join(machines!, 'roots', set, name), null))).map(
          (words) => `${name}: ${words}`,
        ),
      );
      expect(wrong).toEqual([]);
    });
  },
);

/** By entry type, as links lead round in circles. */
const filesBelow = (directory: string): readonly string[] =>
  readdirSync(directory, {withFileTypes: true}).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });

const absurd = fc.constantFrom(
  '',
  '\n',
  '0\n',
  '-1\n',
  '4294967295\n',
  '0-99999999\n',
  '7-3\n',
  '0-8191\n',
  'ffffffff,ffffffff\n',
  'Node 0 MemTotal: 99999999999999999 kB\n',
  '\u0000\u0000',
  '10 10 10 10 10 10 10\n',
);

/** Where one CPU's list contradicts another's, nobody can say what a core is. */
const hasPlainCores = ({cpu: {cpus}}: HostFacts): boolean => {
  const listOf = new Map(cpus.map((cpu) => [cpu.id, cpu.siblings.join()]));
  return cpus.every(
    (cpu) =>
      cpu.siblings.length === 0 ||
      (cpu.siblings.includes(cpu.id) && cpu.siblings.every((id) => listOf.get(id) === cpu.siblings.join())),
  );
};

describe('every command on generated machines', () => {
  it('goes through and keeps its promises', () => {
    fc.assert(
      fc.property(machineShapes, (shape) => {
        expect(workThrough(readHost(openSource(writeMachine(shape), null)))).toEqual([]);
      }),
      {numRuns: deepOrNight(20, 200), endOnFailure: true},
    );
  });

  it('goes through where files are empty or absurd', () => {
    fc.assert(
      fc.property(
        machineShapes,
        fc.array(fc.tuple(fc.nat(), absurd), {minLength: 1, maxLength: 25}),
        (shape, changes) => {
          const root = writeMachine(shape);
          const files = filesBelow(root);
          for (const [at, content] of changes) writeFileSync(files[at % files.length] ?? '', content);
          const facts = readHost(openSource(root, null));
          const wrong = workThrough(facts);
          if (hasPlainCores(facts)) expect(wrong).toEqual([]);
        },
      ),
      {numRuns: deepOrNight(20, 200), endOnFailure: true},
    );
  });
});

const output = mkdtempSync(join(tmpdir(), 'vfio-pilot-any-'));
afterAll(() => rmSync(output, {recursive: true, force: true}));

describe('the program on a machine with a card in PCI domain 10000 and nodes 1, 2 and 33', () => {
  it('plans for it and draws it', async () => {
    const core = (first: number, node: number) => ({
      threads: [first, first + 1, first + 2, first + 3],
      package: node,
      die: 0,
      cluster: first,
      node,
      l3: null,
      l3KiB: 0,
      kind: 'core' as const,
    });
    const root = writeMachine({
      cores: [core(0, 1), core(4, 1), core(12, 2), core(20, 2)],
      offline: [8, 9],
      isolated: [],
      nodes: [
        {id: 1, memoryKiB: 16777216, distances: [10, 20, 40]},
        {id: 2, memoryKiB: 16777216, distances: [21, 10, 40]},
        {id: 33, memoryKiB: 67108864, distances: [40, 40, 10]},
      ],
      architecture: 'power',
      device: {address: '10000:e1:00.0', node: 33},
    });
    const [profile, picture] = [join(output, 'p.yaml'), join(output, 'p.svg')];
    for (const verb of ['facts', 'check', 'groups', 'topology'])
      expect([0, 3], verb).toContain((await runCli([verb, '--root', root])).exitCode);

    expect(
      await runCli([
        'profile',
        'new',
        '--device',
        '10000:e1:00.0',
        '--root',
        root,
        '--vcpus',
        '4',
        '--memory',
        '4GiB',
        '--out',
        profile,
      ]),
    ).toMatchObject({exitCode: 0});
    const {stdout} = await runCli(['plan', profile, '--json', '--root', root]);
    await runCli(['topology', '--profile', profile, '--svg', picture, '--root', root]);

    expect(JSON.parse(stdout)).toMatchObject({
      pinning: {vcpus: [4, 5, 6, 7].map((cpu, vcpu) => ({vcpu, cpus: [cpu]})), hostNodes: [1], topology: {threads: 4}},
      memory: {nodes: [1]},
    });
    expect(parseSvg(readFileSync(picture, 'utf8')).description).toContain(
      'Node 33: no CPU; 64 GiB memory, 32 GiB free; distances 40 40 10; 10000:e1:00.0 .1 10de:1c81 goes to the guest.',
    );
  });
});
