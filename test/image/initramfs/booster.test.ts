import {describe, expect, it} from 'vitest';
import type {Finding} from '../../../src/findings/finding.ts';
import {booster, readBoosterModules} from '../../../src/image/booster.ts';
import {sampleFacts} from '../../support/sample-facts.ts';
import {sampleFiles, samplePlan} from '../../support/sample-plan.ts';

const judge = (files: Readonly<Record<string, string>>): readonly Finding[] =>
  booster.renderFiles({...sampleFacts(), files: sampleFiles(files)}, samplePlan()).findings;

describe('modules that booster.yaml names', () => {
  it.each([
    ['modules_force_load: vfio_pci,nouveau\n', 'nouveau', true],
    ['modules: -*,hid_apple,kernel/drivers/gpu/drm/nouveau/nouveau.ko.xz\n', 'nouveau', true],
    ['modules: [ hid_apple, "snd-hda-intel" ]\n', 'snd_hda_intel', true],
    ['universal: true\nmodules:\n  - hid_apple # nouveau\n  - amdgpu\nstrip: true\n', 'amdgpu', true],
    ['modules: kernel/drivers/gpu/\n', 'amdgpu', true],
    ['modules: kernel/sound/pci/\n', 'snd_hda_intel', true],
    ["modules: '*'\n", 'amdgpu', true],
    ['modules: -nouveau,hid_apple\n', 'nouveau', false],
    ['modules: hid_apple # nouveau\n# modules: nouveau\nextra_files: nouveau\n', 'nouveau', false],
    ['modules: kernel/drivers/hid/\n', 'nouveau', false],
    ['', 'nouveau', false],
  ])('%j has %s: %s', (text, module, isThere) => expect(readBoosterModules(text).has(module)).toBe(isThere));
});

describe('booster', () => {
  it('keeps its image: a rule of the root file system is early enough, as long as the image has no driver of the card', () => {
    const {artifacts, findings} = booster.renderFiles(
      {...sampleFacts(), files: sampleFiles({'/etc/booster.yaml': 'modules: hid_apple\n'})},
      samplePlan(),
    );
    expect(findings).toEqual([]);
    expect(artifacts).toMatchObject([
      {
        kind: 'file',
        path: '/etc/udev/rules.d/10-vfio-pilot.rules',
        text: expect.stringContaining(
          'KERNEL=="0000:06:00.0", ATTR{vendor}=="0x10de", ATTR{device}=="0x1c81", ATTR{driver_override}="vfio-pci"',
        ) as string,
      },
    ]);
    expect(booster.renderImages(sampleFacts(), samplePlan())).toEqual([]);
  });

  it('is refused where the image has the driver of the card', () => {
    expect(judge({'/etc/booster.yaml': 'modules_force_load: nouveau\n'})).toMatchObject([
      {
        code: 'driver-loaded-early',
        severity: 'blocker',
        message: expect.stringContaining('nouveau put into the image') as string,
      },
    ]);
  });

  it('is refused where systemd loads the driver without waiting for udev', () => {
    expect(judge({'/etc/modules-load.d/gpu.conf': '# amdgpu\nsnd-hda-intel\n'})).toMatchObject([
      {
        code: 'driver-loaded-early',
        severity: 'blocker',
        subject: '/etc/modules-load.d/gpu.conf',
        message: expect.stringContaining('snd_hda_intel') as string,
      },
    ]);
  });

  it('says that the image takes a USB controller of the card first', () => {
    const facts = sampleFacts();
    const [first] = facts.pci;
    if (first === undefined) throw new Error('the sample has no functions');
    const pci = [
      ...facts.pci,
      {...first, address: '0000:06:00.2' as const, class: '0c0330', vendor: '10de', device: '1ad8'},
    ];
    const {binding} = samplePlan();
    const {findings} = booster.renderFiles(
      {...facts, pci, files: {}},
      samplePlan({binding: {...binding, byAddress: ['0000:06:00.2']}}),
    );
    expect(findings).toMatchObject([
      {
        code: 'driver-loaded-early',
        severity: 'warning',
        message: expect.stringContaining('0000:06:00.2 is a USB controller') as string,
      },
    ]);
  });
});
