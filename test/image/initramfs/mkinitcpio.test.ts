import {execFileSync} from 'node:child_process';
import {describe, expect, it} from 'vitest';
import {renderModprobe} from '../../../src/binding/vfio/modprobe.ts';
import {withoutOwnBlock} from '../../../src/formats/own-block.ts';
import {renderMkinitcpioConf, renderMkinitcpioHook, renderMkinitcpioUnit} from '../../../src/image/mkinitcpio/files.ts';
import {mkinitcpio} from '../../../src/image/mkinitcpio/mkinitcpio.ts';
import {editPreset, parsePreset} from '../../../src/image/mkinitcpio/preset.ts';
import {readHooks} from '../../../src/image/mkinitcpio/settings.ts';
import {sampleFacts} from '../../support/sample-facts.ts';
import {sampleFiles, samplePlan} from '../../support/sample-plan.ts';

const plain = 'ALL_kver="/boot/vmlinuz-linux"\nPRESETS=(\'default\')\ndefault_image="/boot/initramfs-linux.img"\n';

describe('parsePreset', () => {
  it('reads each image with its own options', () => {
    const text = `${plain.replace("'default'", '\'default\' "fallback"')}# a comment\nfallback_kver=6.1.0-arch\nfallback_image=/boot/f.img\nfallback_options="-S autodetect  -v"\n`;
    expect(parsePreset(text)).toEqual({
      ok: true,
      images: [
        {kernel: '/boot/vmlinuz-linux', image: '/boot/initramfs-linux.img', isUnified: false, options: []},
        {kernel: '6.1.0-arch', image: '/boot/f.img', isUnified: false, options: ['-S', 'autodetect', '-v']},
      ],
    });
  });

  it.each([
    ['a unified kernel image next to an initramfs', `${plain}default_uki="/efi/EFI/Linux/arch.efi"\n`, /unified/],
    [
      'a configuration of its own, which turns drop-ins off',
      `ALL_config="/etc/mkinitcpio.conf"\n${plain}`,
      /its own configuration/,
    ],
    ['a command', `${plain}ALL_kver=$(uname -r)\n`, /line 4/],
    ['an if', `if true; then\n${plain}fi\n`, /line 1/],
    ['no kernel', plain.replace(/^.*\n/, ''), /no kernel/],
    ['no image', plain.replace(/default_image.*\n/, ''), /no image/],
    ['nothing', '', /no PRESETS/],
    [
      'arguments of its own',
      `${plain.replace('default_image', 'default_uki')}default_cmdline="/etc/x"\n`,
      /arguments of its own/,
    ],
  ])('refuses %s', (_name, text, reason) => {
    expect(parsePreset(text)).toMatchObject({ok: false, reason: expect.stringMatching(reason) as string});
  });
});

describe('editPreset', () => {
  const edit = (text: string): string | null =>
    editPreset(text, [{of: '/boot/initramfs-linux.img', path: '/boot/ours.img'}], 'sample');

  it('gives bash one preset more, and takes the place of what it wrote before', () => {
    const text = `${plain}default_options="-S autodetect"`;
    const once = edit(text) ?? '';
    const list = 'echo "${PRESETS[*]} $vfio_pilot_kver $vfio_pilot_image $vfio_pilot_options"';
    expect(execFileSync('/bin/bash', ['--norc', '-eu'], {input: `${once}${list}\n`, encoding: 'utf8'})).toBe(
      'default vfio_pilot /boot/vmlinuz-linux /boot/ours.img -S autodetect\n',
    );
    expect(edit(once)).toBe(once);
    expect(withoutOwnBlock(once)).toBe(`${text}\n`);
  });

  it('leaves a preset alone that makes another image, or that it does not understand', () => {
    expect(edit(plain.replace('initramfs-linux', 'other'))).toBeNull();
    expect(edit('eval x\n')).toBeNull();
    expect(edit(`${plain}# BEGIN vfio-pilot\n`)).toBeNull();
  });
});

describe('readHooks', () => {
  it.each([
    ['on one line', 'HOOKS=(base udev)\n', ['base', 'udev']],
    [
      'over several lines with comments',
      '#HOOKS=(old)\nHOOKS=(\n  base # first\n  "systemd"\n)\n',
      ['base', 'systemd'],
    ],
    ['added to', 'HOOKS=(base)\nHOOKS+=(udev)\n', ['base', 'udev']],
    ['from a command', 'HOOKS=($(hooks))\n', null],
    ['as a word', 'HOOKS="base udev"\n', null],
    ['not at all', 'MODULES=()\n', null],
  ])('of a list %s', (_name, text, hooks) => {
    expect(readHooks(sampleFiles({'/etc/mkinitcpio.conf': text}))).toEqual(hooks);
  });

  it('lets a drop-in replace them, and leaves ours out', () => {
    expect(
      readHooks(
        sampleFiles({
          '/etc/mkinitcpio.conf': 'HOOKS=(base udev)\n',
          '/etc/mkinitcpio.conf.d/a.conf': 'HOOKS=(base systemd)\n',
          '/etc/mkinitcpio.conf.d/zz-vfio-pilot.conf': 'HOOKS+=(vfio-pilot)\n',
        }),
      ),
    ).toEqual(['base', 'systemd']);
  });
});

describe('mkinitcpio', () => {
  const files = sampleFiles({
    '/etc/mkinitcpio.conf': 'HOOKS=(base udev)\n',
    '/etc/mkinitcpio.conf.d': '',
    '/etc/mkinitcpio.d/linux.preset': plain,
  });
  const judge = (changed: Readonly<Record<string, string>>, gone: readonly string[] = []): readonly string[] => {
    const left = Object.fromEntries(
      Object.entries({...files, ...sampleFiles(changed)}).filter(([path]) => !gone.includes(path)),
    );
    const facts = sampleFacts(undefined, {files: left});
    return [...mkinitcpio.judgeSettings(facts), ...mkinitcpio.judgeImages(facts)].map((finding) => finding.subject);
  };

  it('blocks only where it can not follow what this mkinitcpio does', () => {
    expect(judge({})).toEqual([]);
    expect(judge({}, ['/etc/mkinitcpio.conf.d'])).toEqual(['/etc/mkinitcpio.conf.d']);
    expect(judge({}, ['/etc/mkinitcpio.d/linux.preset'])).toEqual(['/etc/mkinitcpio.d']);
    expect(judge({'/etc/mkinitcpio.d/linux.preset': plain.replace('default_image', 'default_uki')})).toEqual([
      '/etc/mkinitcpio.d/linux.preset',
    ]);
    expect(judge({'/etc/mkinitcpio.d/linux.preset': 'eval x\n'})).toEqual(['/etc/mkinitcpio.d/linux.preset']);
    expect(judge({'/etc/mkinitcpio.conf': 'HOOKS=(systemd)\n'})).toEqual(['/etc/mkinitcpio.conf']);
    expect(judge({'/etc/mkinitcpio.conf': ''})).toEqual(['/etc/mkinitcpio.conf']);
  });

  it('looks for the unit in an image that systemd starts, which runs no hooks', () => {
    const members = (hooks: string): string =>
      JSON.stringify(
        mkinitcpio.renderImages(
          sampleFacts(undefined, {files: {...files, ...sampleFiles({'/etc/mkinitcpio.conf': `HOOKS=(${hooks})\n`})}}),
          samplePlan(),
        ),
      );
    expect(members('base systemd')).toContain('sysinit.target.wants/vfio-pilot.service');
    expect(members('base udev')).not.toContain('sysinit.target.wants');
  });

  it('failure mode 10: by address comes before the drivers of kms and of MODULES, in both kinds of image', () => {
    const plan = samplePlan();
    expect(renderMkinitcpioHook(plan, [])).toContain('run_earlyhook()');
    expect(renderMkinitcpioUnit(plan)).toContain(
      '\nBefore=systemd-udev-trigger.service systemd-modules-load.service\n',
    );
    expect(renderMkinitcpioConf(plan)).not.toContain('MODULES');
    expect(renderModprobe(plan)).toContain('softdep nouveau pre: vfio-pci\n');
    expect(judge({'/etc/mkinitcpio.conf': 'MODULES=(nouveau)\nHOOKS=(base udev kms)\n'})).toEqual([]);
  });

  it('failure mode 10: by ids lists the modules, which mkinitcpio loads before udev looks for devices', () => {
    const plan = samplePlan();
    expect(renderMkinitcpioConf(samplePlan({binding: {...plan.binding, byAddress: []}}))).toContain(
      'MODULES+=(vfio_pci vfio vfio_iommu_type1)\nFILES+=(/etc/modprobe.d/vfio-pilot.conf)\n',
    );
  });
});
