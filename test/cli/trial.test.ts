import {describe, expect, it} from 'vitest';
import {previewChanges, previewTrial} from '../../src/changes/preview.ts';
import {startTrial} from '../../src/commands/apply-trial.ts';
import {TransactionError} from '../../src/errors.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {openSource} from '../../src/system/source.ts';
import {defaultShape, sampleFacts} from '../support/sample-facts.ts';
import {sampleFiles} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {makeTree} from '../support/make-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {treeState} from '../support/tree-state.ts';

const root = (): string => makeTree({'/boot/grub/grubenv': '# GRUB Environment Block\n', '/etc/initramfs-tools/modules': '# none\n', '/etc/systemd/system': {directory: true}, '/var/lib': {directory: true}});

describe('a trial', () => {
  it('that GRUB does not remember is taken back: the choice is read from where GRUB will read it', async () => {
    const tree = root();
    const before = treeState(tree);
    const base = sampleFacts(defaultShape, {files: sampleFiles({'/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'})});
    const running = {kernel: '/vmlinuz-6.1.0-1-amd64', arguments: 'ro quiet', images: ['/initrd.img-6.1.0-1-amd64'], preparation: []};
    const facts = {...base, boot: {...base.boot, grubMenu: {directory: '/boot/grub', running, readsCustom: true, obeysNextEntry: true, environmentObstacle: null}}};
    const preview = previewTrial(facts, previewChanges(facts, sampleProfile()), '0123456789ab');
    // Commands are listed and not run on a tree, so grub-reboot writes nothing here.
    const started = startTrial(realMachine(tree), {source: openSource(tree, null), facts: null, preview, token: '0123456789ab', directory: '/boot/grub'}, '0', () => {}, new AbortController().signal);
    await expect(started).rejects.toThrow(TransactionError);
    await expect(started).rejects.toThrow(/grubenv does not hold the choice/);
    expect(treeState(tree)).toEqual(before);
  });

  it('is refused on a host that could not come back, with every reason, and writes nothing', async () => {
    const {stdout, exitCode} = await runCli(['apply', profilePath('two-identical-cards'), '--demo', '--trial', '--yes']);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/\[trial-impossible\]/);
    expect(stdout).toMatch(/nothing was written/);
  });

  it('that nobody started can not be confirmed', async () => {
    const {stderr, exitCode} = await runCli(['confirm', '--yes', '--root', root()]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/No trial is waiting.*apply --trial/s);
  });
});
