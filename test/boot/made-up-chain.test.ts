import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {judgeReadable} from '../../src/artifacts/rendered.ts';
import {addByHand, type BootChain, nothingLater, plainLoader} from '../../src/boot/boot-chain.ts';
import {bootChains, bootPorts, fileTableOf} from '../../src/boot/chains.ts';
import {editOfPlan} from '../../src/boot/command-line/kernel-cmdline-file.ts';
import {compareArtifacts} from '../../src/changes/compare-artifacts.ts';
import {renderHost} from '../../src/changes/render-host.ts';
import {keeps} from '../../src/facts/file-table.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {editCommandLine} from '../../src/formats/kernel-line/edit.ts';
import {readHost} from '../../src/host/read-host.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {type ImageSystem, plainImages} from '../../src/image/image-system.ts';
import {imageSystems} from '../../src/image/systems.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {type Ports, servedPorts} from '../../src/pipeline/ports.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {openSource} from '../../src/system/source.ts';
import {nothingWritten} from '../../src/verify/verify-files.ts';
import {verifyPlan} from '../../src/verify/verify-plan.ts';
import {makeTree} from '../support/make-tree.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {samplePlan} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {never, request, silent} from '../transaction/scenario.ts';
import {snapshot} from '../transaction/scratch-root.ts';

const settings = '/etc/teapot.conf';
const dropIn = '/etc/kettle.d/vfio-pilot';
const image = '/boot/kettle.img';

/** A loader that nobody has: one file with one line of arguments. This is all that one folder would hold. */
const teapot: BootChain = {
  name: 'teapot',
  detection: {
    ...plainLoader,
    evidence: ({source}) =>
      source.exists(settings) ? [{loader: 'teapot', strength: 'files', sentence: `${settings} exists.`}] : [],
  },
  files: [keeps('/etc', 'teapot.conf')],
  readOwn: () => null,
  nextArguments: (files) => [files[settings]?.text ?? ''],
  writer: {
    render: (facts, plan) => {
      const file = facts.files[settings];
      const unreadable = judgeReadable(file);
      const edited = editCommandLine(file?.text ?? '', editOfPlan(plan));
      if (unreadable !== null || !edited.ok) return {artifacts: [], findings: unreadable === null ? [] : [unreadable]};
      if (edited.text === file?.text) return {artifacts: [], findings: []};
      return {
        artifacts: [
          {
            kind: 'file',
            path: settings,
            text: edited.text,
            encoding: 'utf8',
            mode: 0o644,
            placing: 'first',
            by: 'writer',
            why: [],
          },
        ],
        findings: [],
      };
    },
    rendersWholeHost: false,
    maker: null,
    makesImagePerEntry: false,
    hypervisorLines: null,
    keptFiles: () => [settings],
    promises: () => [{status: 'kept', promise: 'The teapot is warm.', fact: 'So it is.', remedy: null}],
    later: nothingLater,
    trial: null,
    provenBy: [],
  },
  lineEdit: () => null,
  byHand: addByHand,
};

/** Images that nobody makes: of one file of modules. */
const kettle: ImageSystem = {
  ...plainImages,
  name: 'kettle',
  programs: ['/usr/bin/kettle'],
  settings: [],
  guess: () => null,
  files: [keeps('/etc/kettle.d', 'vfio-pilot')],
  renderFiles: (_, plan) => ({
    artifacts: [
      {
        kind: 'file',
        path: dropIn,
        text: `${plan.binding.initramfsModules.join('\n')}\n`,
        encoding: 'utf8',
        mode: 0o644,
        placing: 'first',
        by: 'writer',
        why: [],
      },
    ],
    findings: [],
  }),
  triggers: [dropIn],
  renderImages: () => [
    {
      kind: 'generated',
      path: image,
      argv: ['/usr/bin/kettle', '{output}'],
      validations: [{kind: 'listing', argv: ['/usr/bin/kettle-list', '{output}'], contains: ['vfio_pci']}],
      triggers: [dropIn],
      timeoutSeconds: 60,
      why: [],
    },
  ],
  renderCopy: () => null,
  judgeSettings: () => [],
  judgeImages: () => [],
  claim: 'rule',
  remake: 'kettle --all',
  trialImage: null,
};

/** One line in each table. */
const ports: Ports = {...servedPorts, chains: [...bootChains, teapot], images: [...imageSystems, kettle]};

const tree = {
  [settings]: 'root=/dev/sda1 quiet intel_iommu=on hugepages_x=7\n',
  '/proc/cmdline': 'root=/dev/sda1 quiet\n',
  '/usr/bin/kettle': {text: '', mode: 0o755},
  '/etc/kettle.d': {directory: true},
  [image]: 'of the installation',
} as const;
const read = (root: string): HostFacts => readHost(openSource(root, null), ports);
const planOf = (facts: HostFacts) => samplePlan({initramfs: facts.boot.initramfs});
const programs = {
  kettle: (argv: readonly string[], {root}: {readonly root: string}) => {
    writeFileSync(join(root, argv[1] ?? ''), readFileSync(join(root, dropIn)));
    return {exitCode: 0};
  },
  'kettle-list': (argv: readonly string[], {root}: {readonly root: string}) => ({
    exitCode: 0,
    stdout: readFileSync(join(root, argv.at(-1) ?? ''), 'utf8'),
  }),
};

describe('a boot chain and an image system that are added by one face and one line each', () => {
  it('are found, with the files that they declare', () => {
    const {boot, files} = read(makeTree(tree));
    expect(boot).toMatchObject({loader: 'teapot', loaderEvidence: [`${settings} exists.`], initramfs: 'kettle'});
    expect(boot.support).toEqual({
      isWritten: true,
      isProven: false,
      claim: 'rule',
      isDeclarative: false,
      lineEdit: null,
    });
    expect(files[settings]?.text).toBe(tree[settings]);
    expect(fileTableOf(ports).map(({names}) => names)).toContain('teapot.conf');
    expect(readHost(openSource(makeTree(tree), null)).boot).toMatchObject({loader: null, initramfs: null});
  });

  it('are planned for: what the next boot has already is known, and that nobody has booted it is said', () => {
    const {boot, files} = read(makeTree(tree));
    const known = planPassthrough({...sampleFacts(), boot, files}, sampleProfile());
    expect(known.findings.map(({code}) => code)).toContain('boot-chain-unproven');
    const unset = {...sampleFacts(), files, boot: {...boot, next: ['intel_iommu=off']}};
    const because = planPassthrough(unset, sampleProfile()).plan.kernelArguments.add.find(
      ({text}) => text === 'intel_iommu=on',
    )?.because;
    expect(because).toMatch(/intel_iommu=off is configured/);
    expect(known.plan.kernelArguments.add.map(({text}) => text)).not.toContain('intel_iommu=off');
  });

  it('are rendered, applied, verified and taken back', async () => {
    const root = makeTree(tree);
    const before = snapshot(root);
    const facts = read(root);
    const {artifacts, findings} = renderHost(facts, planOf(facts), ports);
    expect(findings).toEqual([]);
    const machine = realMachine(root, programs);
    await applyChanges(machine, request(compareArtifacts(facts, artifacts)), silent, never);
    expect(readFileSync(join(root, settings), 'utf8')).toBe(
      'root=/dev/sda1 quiet intel_iommu=on hugepages_x=7 hugepagesz=2M hugepages=0:6144,1:0\n',
    );
    const verify = () => {
      const after = read(root);
      const listings = {[image]: readFileSync(join(root, image), 'utf8')};
      return verifyPlan(after, {version: 3, plan: planOf(after), bootId: null}, null, listings, nothingWritten, ports)
        .filter(({id, promise}) => ['file', 'command', 'image'].includes(id) && !promise.includes('libvirt'))
        .map(({status, promise}) => [status, promise.split(' ')[0] ?? '']);
    };
    expect(verify()).toEqual(
      expect.arrayContaining([
        ['kept', 'The'],
        ['kept', settings],
        ['kept', image],
      ]),
    );
    expect(verify().filter(([status]) => status === 'broken')).toEqual([]);
    const applied = [settings, image].map((path) => [join(root, path), readFileSync(join(root, path))] as const);
    writeFileSync(join(root, settings), 'root=/dev/sda1 quiet intel_iommu=on hugepagesz=2M hugepages=0:614\n');
    writeFileSync(join(root, image), 'of the installation');
    expect(verify().filter(([status]) => status === 'broken')).toEqual(
      expect.arrayContaining([
        ['broken', settings],
        ['broken', image],
      ]),
    );
    for (const [path, bytes] of applied) writeFileSync(path, bytes);
    await rollback(machine, {}, silent, never);
    const after = snapshot(root);
    expect(Object.keys(before).filter((path) => before[path] !== after[path])).toEqual([]);
    expect(after[dropIn]).toBeUndefined();
  });

  it('change nothing for the others', () => {
    const grub = {'/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n', '/boot/grub/grub.cfg': 'menu\n'};
    const root = makeTree(grub);
    expect(readHost(openSource(root, null), ports).boot).toEqual(readHost(openSource(root, null), bootPorts).boot);
  });
});

describe('the tables', () => {
  it('have each name once, and name only images that the lab has', () => {
    const names = [...bootChains.map(({name}) => name), ...imageSystems.map(({name}) => name)];
    expect(new Set(names).size).toBe(names.length);
    const recipes = readFileSync(join(import.meta.dirname, '../lab/image/recipe.js'), 'utf8');
    for (const {name, writer} of bootChains)
      for (const proof of writer?.provenBy ?? [])
        expect(recipes).toMatch(
          new RegExp(`'${proof.image}': \\{[^}]*loader: '${name}',\\s+initramfs: '${proof.initramfs}'`),
        );
  });
});
