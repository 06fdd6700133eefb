import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {renderUdevRules} from '../../../src/binding/vfio/claim-devices.ts';
import {renderHost} from '../../../src/changes/render-host.ts';
import type {Finding} from '../../../src/findings/finding.ts';
import {readHost} from '../../../src/host/read-host.ts';
import type {Plan} from '../../../src/plan/plan.ts';
import type {Program} from '../../../src/system/machine.ts';
import {realMachine} from '../../../src/system/real-machine.ts';
import {openSource} from '../../../src/system/source.ts';
import {verifyPlan} from '../../../src/verify/verify-plan.ts';
import {makeTree} from '../../support/make-tree.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {never} from '../../transaction/scenario.ts';
import {snapshot} from '../../transaction/scratch-root.ts';
import {applySample, describeChanges, expectUndone, walk} from './chain-scenario.ts';
import {link, ostreeEntry, ostreeOrigin, present, rpmOstree, silverblue} from './ostree-stand-in.ts';

const golden = join(import.meta.dirname, '../../golden/chains/silverblue.diff');
const programs = {'rpm-ostree': rpmOstree};
const rules = '/etc/udev/rules.d/10-vfio-pilot.rules';
const decode = (state: Readonly<Record<string, string>>, path: string): string =>
  Buffer.from(state[path]?.split(' ').at(-1) ?? '', 'base64').toString();
const optionsOf = (state: Readonly<Record<string, string>>): string =>
  /^options (.*)$/m.exec(decode(state, ostreeEntry))?.[1] ?? '';
const render = (tree: Parameters<typeof makeTree>[0], overrides: Partial<Plan> = {}): readonly Finding[] =>
  renderHost(readHost(openSource(makeTree(tree), null)), samplePlan({initramfs: 'dracut', ...overrides})).findings;
const ours = 'intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0';

describe('an rpm-ostree system', () => {
  it('is found, changed by rpm-ostree alone, read back as done, and rolled back to the last byte', async () => {
    const walked = await walk(makeTree(silverblue()), programs);
    expect(walked.facts.boot).toMatchObject({
      loader: 'rpm-ostree',
      initramfs: 'dracut',
      own: {
        kind: 'ostree',
        deployment: {commandLine: `${present} ostree=${link}`, initramfsFiles: [], isContainer: false},
      },
    });
    expect(walked.findings).toEqual([]);
    await expect(describeChanges(walked.changes)).toMatchFileSnapshot(golden);
    expect(optionsOf(walked.applied)).toBe(`${present} ostree=${link} ${ours}`);
    expect(decode(walked.applied, ostreeOrigin)).toContain(`initramfs-etc=${rules};/etc/modprobe.d/vfio-pilot.conf;\n`);
    expect(walked.again).toEqual([]);
    expect(walked.brokenFiles).toEqual([]);
    expect(walked.keptPromises).toContain('The deployment that starts next has the kernel arguments.');
    expectUndone('rpm-ostree', walked);
  });

  it('keeps foreign arguments and their order, and has stale ones of our own back in their order after the rollback', async () => {
    const {applied, rolledBack} = await walk(
      makeTree(silverblue('hugepagesz=1G quiet hugepages=4 acpi_osi=! splash')),
      programs,
    );
    expect(optionsOf(applied)).toBe(`quiet acpi_osi=! splash ostree=${link} ${ours}`);
    expect(optionsOf(rolledBack)).toBe(`quiet acpi_osi=! splash ostree=${link} hugepagesz=1G hugepages=4`);
  });

  it('is put back, with all that ran before, when rpm-ostree reports success and an argument is not there', async () => {
    const root = makeTree(silverblue());
    const before = snapshot(root);
    const forgetful: Program = (argv, ...rest) =>
      rpmOstree(
        argv[1] === 'kargs'
          ? [argv[0], ...argv.slice(1).filter((word) => word !== '--append-if-missing=hugepages=0:6144,1:0')]
          : argv,
        ...rest,
      );
    await expect(walk(root, {'rpm-ostree': forgetful})).rejects.toMatchObject({
      message: 'hugepages=0:6144,1:0 should be in the output of /usr/bin/rpm-ostree kargs, and is not.',
      isRestored: true,
    });
    expect(snapshot(root)).toMatchObject(before);
    const deaf: Program = (argv, ...rest) =>
      rpmOstree(argv[2]?.startsWith('--track') === true ? [argv[0], 'initramfs-etc'] : argv, ...rest);
    await expect(walk(root, {'rpm-ostree': deaf})).rejects.toMatchObject({
      message: `${rules} should be in the output of /usr/bin/rpm-ostree initramfs-etc, and is not.`,
      isRestored: true,
    });
    expect(snapshot(root)).toMatchObject(before);
  });

  it('says what is left when an argument stays after the rollback', async () => {
    const sticky: Program = (argv, ...rest) =>
      rpmOstree([argv[0], ...argv.slice(1).filter((word) => word !== '--delete-if-present=intel_iommu=on')], ...rest);
    await expect(walk(makeTree(silverblue()), {'rpm-ostree': sticky})).rejects.toMatchObject({
      message: expect.stringContaining('intel_iommu=on is still in the output of /usr/bin/rpm-ostree kargs') as string,
      isRestored: false,
    });
  });

  it('tells when somebody has taken the arguments out again', async () => {
    const root = makeTree(silverblue());
    await applySample(root, programs);
    await rpmOstree(
      ['rpm-ostree', 'kargs', ...ours.split(' ').map((word) => `--delete-if-present=${word}`)],
      realMachine(root),
      {argv: ['rpm-ostree'], timeoutSeconds: 1, signal: never, onOutput: () => {}},
    );
    const facts = readHost(openSource(root, null));
    const promises = verifyPlan(
      facts,
      {version: 3, plan: samplePlan({initramfs: 'dracut'}), bootId: null},
      null,
    ).filter(({id, status}) => id === 'command' && status === 'broken');
    expect(promises.map(({promise}) => promise)).toEqual([
      `/usr/bin/rpm-ostree kargs ${ours
        .split(' ')
        .map((word) => `--append-if-missing=${word}`)
        .join(' ')} has taken effect.`,
    ]);
  });

  it('has a changed rule laid over the initramfs again, and one that is not needed any more taken from it', () => {
    const tracked = `[rpmostree]\ninitramfs-etc=/etc/foreign;${rules};/etc/modprobe.d/vfio-pilot.conf;\n`;
    const argvOf = (binding: Partial<Plan['binding']>): readonly (readonly string[])[] =>
      renderHost(
        readHost(openSource(makeTree(silverblue(present, tracked)), null)),
        samplePlan({binding: {...samplePlan().binding, ...binding}}),
      ).artifacts.flatMap((artifact) =>
        artifact.kind === 'command' && artifact.argv[1] === 'initramfs-etc' ? [artifact.argv, artifact.undo ?? []] : [],
      );
    expect(argvOf({})).toEqual([
      ['/usr/bin/rpm-ostree', 'initramfs-etc', '--force-sync'],
      ['/usr/bin/rpm-ostree', 'initramfs-etc', '--force-sync'],
    ]);
    expect(argvOf({byAddress: [], initramfsModules: []})).toEqual([
      ['/usr/bin/rpm-ostree', 'initramfs-etc', `--untrack=${rules}`, '--untrack=/etc/modprobe.d/vfio-pilot.conf'],
      ['/usr/bin/rpm-ostree', 'initramfs-etc', `--track=${rules}`, '--track=/etc/modprobe.d/vfio-pilot.conf'],
    ]);
  });

  it('takes the rule of an earlier run away, and brings it back, so that no deployment is made without a file that it needs', async () => {
    const tree = {
      ...silverblue(present, `[origin]\nrefspec=x\n\n[rpmostree]\ninitramfs-etc=${rules};\n`),
      [rules]: renderUdevRules(samplePlan(), []),
    };
    const {applied, rolledBack, before, again} = await walk(makeTree(tree), programs, {
      binding: {...samplePlan().binding, byAddress: [], initramfsModules: [], softdeps: [], moduleOptions: []},
    });
    expect([applied[rules], decode(applied, ostreeOrigin)]).toEqual([undefined, '[origin]\nrefspec=x\n']);
    expect(again).toEqual([]);
    expect(rolledBack).toEqual(before);
  });

  it('does not bind by ids, for which vfio-pci would have to be in the image', () => {
    const {binding} = samplePlan();
    expect(render(silverblue(), {binding: {...binding, byAddress: []}})).toMatchObject([
      {
        code: 'initramfs-unsupported',
        severity: 'blocker',
        message: expect.stringContaining('Binding by ids') as string,
      },
    ]);
  });

  it('is not changed when rpm-ostree does not answer, or where it could take the wrong argument', () => {
    const {[ostreeEntry]: _entry, '/boot/loader.0/entries/ostree-1-fedora.conf': _old, ...mute} = silverblue();
    expect(render(mute).map(({severity, subject}) => [severity, subject])).toEqual([
      ['blocker', 'binding'],
      ['blocker', 'rpm-ostree kargs'],
    ]);
    expect(render(mute)[1]?.remedy).toContain(
      'kargs = ["intel_iommu=on", "hugepagesz=2M", "hugepages=0:6144,1:0"] in /usr/lib/bootc/kargs.d/50-vfio-pilot.toml',
    );
    expect(render(silverblue('hugepages=4 hugepages=4'))).toMatchObject([
      {
        code: 'command-line-not-editable',
        message: expect.stringContaining('hugepages=4 apart') as string,
        remedy: expect.stringContaining(ours) as string,
      },
    ]);
    expect(render(silverblue('"hugepages=4 x"'))).toMatchObject([
      {code: 'command-line-not-editable', message: expect.stringContaining('quotation') as string},
    ]);
  });

  it('made from a container image is told what bootc makes of the changes', () => {
    const bazzite = silverblue(
      present,
      '[origin]\ncontainer-image-reference=ostree-image-signed:docker://ghcr.io/ublue-os/bazzite:stable\n',
    );
    expect(render(bazzite)).toMatchObject([
      {
        code: 'image-changed-locally',
        severity: 'warning',
        message: expect.stringContaining('`bootc upgrade` refuses') as string,
      },
      {
        code: 'image-changed-locally',
        severity: 'note',
        remedy: expect.stringContaining('/usr/lib/bootc/kargs.d') as string,
      },
    ]);
  });
});
