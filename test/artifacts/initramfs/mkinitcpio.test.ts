import {describe, expect, it} from 'vitest';
import {mkinitcpio} from '../../../src/artifacts/initramfs/mkinitcpio.ts';
import {renderModprobe} from '../../../src/artifacts/modprobe.ts';
import {renderMkinitcpioConf, renderMkinitcpioHook, renderMkinitcpioUnit} from '../../../src/artifacts/initramfs/mkinitcpio-files.ts';
import {parsePreset} from '../../../src/artifacts/initramfs/mkinitcpio-preset.ts';
import {readHooks} from '../../../src/artifacts/initramfs/read-hooks.ts';
import {sampleFacts} from '../../support/sample-facts.ts';
import {sampleFiles, samplePlan} from '../../support/sample-plan.ts';

const plain = 'ALL_kver="/boot/vmlinuz-linux"\nPRESETS=(\'default\')\ndefault_image="/boot/initramfs-linux.img"\n';

describe('parsePreset', () => {
  it('reads each image with its own options', () => {
    const text = `${plain.replace("'default'", "'default' \"fallback\"")}# a comment\nfallback_kver=6.1.0-arch\nfallback_image=/boot/f.img\nfallback_options="-S autodetect  -v"\n`;
    expect(parsePreset(text)).toEqual({
      ok: true,
      images: [
        {kernel: '/boot/vmlinuz-linux', image: '/boot/initramfs-linux.img', options: []},
        {kernel: '6.1.0-arch', image: '/boot/f.img', options: ['-S', 'autodetect', '-v']},
      ],
    });
  });

  it.each([
    ['a unified kernel image', `${plain}default_uki="/efi/EFI/Linux/arch.efi"\n`, /unified/],
    ['a configuration of its own, which turns drop-ins off', `ALL_config="/etc/mkinitcpio.conf"\n${plain}`, /its own configuration/],
    ['a command', `${plain}ALL_kver=$(uname -r)\n`, /line 4/],
    ['an if', `if true; then\n${plain}fi\n`, /line 1/],
    ['no kernel', plain.replace(/^.*\n/, ''), /no kernel/],
    ['no image', plain.replace(/default_image.*\n/, ''), /no image/],
    ['nothing', '', /no PRESETS/],
  ])('refuses %s', (_name, text, reason) => {
    expect(parsePreset(text)).toMatchObject({ok: false, reason: expect.stringMatching(reason) as string});
  });
});

describe('readHooks', () => {
  it.each([
    ['on one line', 'HOOKS=(base udev)\n', ['base', 'udev']],
    ['over several lines with comments', '#HOOKS=(old)\nHOOKS=(\n  base # first\n  "systemd"\n)\n', ['base', 'systemd']],
    ['added to', 'HOOKS=(base)\nHOOKS+=(udev)\n', ['base', 'udev']],
    ['from a command', 'HOOKS=($(hooks))\n', null],
    ['as a word', 'HOOKS="base udev"\n', null],
    ['not at all', 'MODULES=()\n', null],
  ])('of a list %s', (_name, text, hooks) => {
    expect(readHooks(sampleFiles({'/etc/mkinitcpio.conf': text}))).toEqual(hooks);
  });

  it('lets a drop-in replace them, and leaves ours out', () => {
    expect(readHooks(sampleFiles({'/etc/mkinitcpio.conf': 'HOOKS=(base udev)\n', '/etc/mkinitcpio.conf.d/a.conf': 'HOOKS=(base systemd)\n', '/etc/mkinitcpio.conf.d/zz-vfio-pilot.conf': 'HOOKS+=(vfio-pilot)\n'}))).toEqual(['base', 'systemd']);
  });
});

describe('mkinitcpio', () => {
  const files = sampleFiles({'/etc/mkinitcpio.conf': 'HOOKS=(base udev)\n', '/etc/mkinitcpio.conf.d': '', '/etc/mkinitcpio.d/linux.preset': plain});
  const judge = (changed: Readonly<Record<string, string>>, gone: readonly string[] = []): readonly string[] => {
    const left = Object.fromEntries(Object.entries({...files, ...sampleFiles(changed)}).filter(([path]) => !gone.includes(path)));
    return mkinitcpio.judgeImages(sampleFacts(undefined, {files: left})).map((finding) => finding.subject);
  };

  it('blocks only where it can not follow what this mkinitcpio does', () => {
    expect(judge({})).toEqual([]);
    expect(judge({}, ['/etc/mkinitcpio.conf.d'])).toEqual(['/etc/mkinitcpio.conf.d']);
    expect(judge({}, ['/etc/mkinitcpio.d/linux.preset'])).toEqual(['/etc/mkinitcpio.d']);
    expect(judge({'/etc/mkinitcpio.d/linux.preset': 'eval x\n'})).toEqual(['/etc/mkinitcpio.d/linux.preset']);
    expect(judge({'/etc/mkinitcpio.conf': 'HOOKS=(systemd)\n'})).toEqual(['/etc/mkinitcpio.conf']);
    expect(judge({'/etc/mkinitcpio.conf': ''})).toEqual(['/etc/mkinitcpio.conf']);
  });

  it('looks for the unit in an image that systemd starts, which runs no hooks', () => {
    const members = (hooks: string): string => JSON.stringify(mkinitcpio.renderImages(sampleFacts(undefined, {files: {...files, ...sampleFiles({'/etc/mkinitcpio.conf': `HOOKS=(${hooks})\n`})}}), samplePlan()));
    expect(members('base systemd')).toContain('sysinit.target.wants/vfio-pilot.service');
    expect(members('base udev')).not.toContain('sysinit.target.wants');
  });

  it('failure mode 10: by address comes before the drivers of kms and of MODULES, in both kinds of image', () => {
    const plan = samplePlan();
    expect(renderMkinitcpioHook(plan, [])).toContain('run_earlyhook()');
    expect(renderMkinitcpioUnit(plan)).toContain('\nBefore=systemd-udev-trigger.service systemd-modules-load.service\n');
    expect(renderMkinitcpioConf(plan)).not.toContain('MODULES');
    expect(renderModprobe(plan)).toContain('softdep nouveau pre: vfio-pci\n');
    expect(judge({'/etc/mkinitcpio.conf': 'MODULES=(nouveau)\nHOOKS=(base udev kms)\n'})).toEqual([]);
  });

  it('failure mode 10: by ids lists the modules, which mkinitcpio loads before udev looks for devices', () => {
    const plan = samplePlan();
    expect(renderMkinitcpioConf(samplePlan({binding: {...plan.binding, byAddress: []}}))).toContain('MODULES+=(vfio_pci vfio vfio_iommu_type1)\nFILES+=(/etc/modprobe.d/vfio-pilot.conf)\n');
  });
});
