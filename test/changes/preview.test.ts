import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {defaultShape, sampleFacts} from '../support/sample-facts.ts';
import {sampleFiles} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const grub = sampleFiles({
  '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n',
  '/etc/initramfs-tools/modules': '# none\n',
});

describe('the preview', () => {
  it('puts blockers before warnings before notes', () => {
    const {findings} = previewChanges(
      sampleFacts(defaultShape, {files: grub, iommu: {...sampleFacts().iommu, interruptRemapping: false}}),
      sampleProfile({guest: {os: 'windows-11'}, cpu: {vcpus: 4000}}),
    );
    const order = findings.map(({severity}) => ['blocker', 'warning', 'note'].indexOf(severity));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).toContain(0);
  });

  it('shows files before the commands that make them take effect', () => {
    const {changes} = previewChanges(sampleFacts(defaultShape, {files: grub}), sampleProfile());
    const kinds = changes.map(({kind}) => (kind === 'run' ? 'run' : 'file'));
    expect(kinds.join(' ')).toMatch(/^(file )+run( run)*$/);
    expect(changes.find(({path}) => path === '/etc/default/grub')?.diff).toContain(
      '+GRUB_CMDLINE_LINUX_DEFAULT="quiet hugepagesz=2M',
    );
  });

  it('is the same when it is asked twice', () => {
    const ask = (): string => JSON.stringify(previewChanges(sampleFacts(defaultShape, {files: grub}), sampleProfile()));
    expect(ask()).toBe(ask());
  });
});
