import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {renderUdevRules} from '../../../src/binding/vfio/claim-devices.ts';
import {renderNixosModule} from '../../../src/boot/nixos/nixos.ts';
import {renderHost} from '../../../src/changes/render-host.ts';
import type {Finding} from '../../../src/findings/finding.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {planPassthrough} from '../../../src/pipeline/plan-passthrough.ts';
import type {Plan} from '../../../src/plan/plan.ts';
import {openSource} from '../../../src/system/source.ts';
import {verifyPlan} from '../../../src/verify/verify-plan.ts';
import {makeTree} from '../../support/make-tree.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {sampleProfile} from '../../support/sample-profile.ts';
import {describeChanges, expectUndone, walk} from './chain-scenario.ts';
import {libvirtOf} from '../../../src/facts/virtualisation.ts';

const golden = join(import.meta.dirname, '../../golden/chains/nixos.diff');
const module = '/etc/nixos/vfio-pilot.nix';

/** Invented: the configuration that nixos-generate-config leaves, shortened. */
const nixos = {
  '/etc/NIXOS': '',
  '/proc/cmdline':
    'initrd=\\EFI\\nixos\\0a-initrd-linux-6.6.54-initrd.efi init=/nix/store/1x-nixos-system-host-24.05/init loglevel=4\n',
  '/boot/loader/loader.conf': 'timeout 5\n',
  '/boot/loader/entries/nixos-generation-1.conf':
    'title NixOS\nlinux /EFI/nixos/0a-linux-6.6.54-bzImage.efi\noptions init=/nix/store/1x-nixos-system-host-24.05/init loglevel=4\n',
  '/etc/nixos/configuration.nix':
    '{ config, pkgs, ... }:\n{\n  imports = [ ./hardware-configuration.nix ];\n  boot.loader.systemd-boot.enable = true;\n  # boot.kernelParams = [ "hugepages=7" ];\n  system.stateVersion = "24.05";\n}\n',
} as const;

const render = (tree: Parameters<typeof makeTree>[0], plan: Plan = samplePlan({initramfs: null})): readonly Finding[] =>
  renderHost(readHost(openSource(makeTree(tree), null)), plan).findings;

const release: Partial<Plan> = {
  memory: {
    ...samplePlan().memory,
    hugepages: {
      sizeKiB: 2048,
      perNode: {0: 6144, 1: 0},
      method: 'release-unit',
      mount: null,
      reserved: null,
      bootTotal: 12288,
      release: {0: 6144, 1: 0},
    },
  },
};

const hasNix = ((): boolean => {
  try {
    execFileSync('nix-instantiate', ['--version'], {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
})();

/** The values as Nix itself reads them, with a `lib` that has no more than the module uses. */
const evaluate = (text: string): unknown => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-nix-'));
  try {
    writeFileSync(join(directory, 'module.nix'), text);
    const expression = `import ${directory}/module.nix { lib = { mkBefore = words: words; }; }`;
    return JSON.parse(
      execFileSync('nix-instantiate', ['--eval', '--strict', '--json', '-E', expression], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
  } finally {
    rmSync(directory, {recursive: true});
  }
};

describe('NixOS', () => {
  it('gets one module and nothing else, and has it taken away again', async () => {
    const walked = await walk(makeTree(nixos), {});
    expect(walked.facts.boot).toMatchObject({
      loader: 'nixos',
      initramfs: null,
      own: {kind: 'generation', commandLine: null},
    });
    expect(walked.facts.notes.map(({code}) => code)).not.toContain('initramfs-unknown');
    expect(walked.changes.map((change) => change.path)).toEqual([module]);
    await expect(describeChanges(walked.changes)).toMatchFileSnapshot(golden);
    expect(walked.again).toEqual([]);
    expect(walked.keptFiles).toEqual([module]);
    expectUndone('nixos', walked);
  });

  it('says which line to add to the configuration and what to run', () => {
    expect(render(nixos)).toMatchObject([
      {
        code: 'nixos-rebuild-needed',
        severity: 'warning',
        remedy: expect.stringMatching(
          /add \.\/vfio-pilot\.nix to imports = .*configuration\.nix.*then run nixos-rebuild boot and reboot/,
        ) as string,
      },
    ]);
    expect(render({...nixos, '/etc/nixos/flake.nix': '{}'})[0]?.remedy).toMatch(
      /only after git add.*nixos-rebuild boot --flake \/etc\/nixos/,
    );
    const imported = {...nixos, '/etc/nixos/configuration.nix': '{ imports = [ ./a.nix ./vfio-pilot.nix ]; }\n'};
    expect(render(imported)).toMatchObject([
      {code: 'nixos-rebuild-needed', severity: 'note', remedy: 'After apply, run nixos-rebuild boot and reboot.'},
    ]);
    expect(render({...imported, '/etc/nixos/configuration.nix': '# ./vfio-pilot.nix\n{ }\n'})[0]?.severity).toBe(
      'warning',
    );
  });

  it('says which arguments a module can not take away, and leaves those of its own earlier module to it', () => {
    const booted = {...nixos, '/proc/cmdline': 'init=/nix/store/1x/init hugepages=7\n'};
    expect(
      render({...booted, '/etc/nixos/configuration.nix': '{ boot.kernelParams = [ "hugepages=7" ]; }\n'})[0],
    ).toMatchObject({
      code: 'command-line-not-editable',
      severity: 'blocker',
      message: expect.stringContaining('hugepages=7') as string,
    });
    expect(render(booted)[0]).toMatchObject({code: 'command-line-not-editable', severity: 'warning'});
    const own = renderNixosModule(
      samplePlan({
        kernelArguments: {...samplePlan().kernelArguments, add: [{text: 'hugepages=7', because: 'of before'}]},
      }),
      [],
    );
    expect(render({...booted, [module]: own}).map(({code}) => code)).toEqual(['nixos-rebuild-needed']);
  });

  it('does not take over a module of the same name that somebody else wrote', () => {
    expect(render({...nixos, [module]: '{ }\n'})[0]).toMatchObject({code: 'file-foreign', subject: module});
  });

  it('has the arguments of the next generation read back', () => {
    const status = (text?: string): string | undefined => {
      const facts = readHost(
        openSource(
          makeTree({...nixos, ...(text === undefined ? {} : {'/nix/var/nix/profiles/system/kernel-params': text})}),
          null,
        ),
      );
      return verifyPlan(facts, {version: 3, plan: samplePlan({initramfs: null}), bootId: null}, null).find(
        ({id}) => id === 'command',
      )?.status;
    };
    expect(status()).toBe('unknown');
    expect(status('loglevel=4 intel_iommu=on')).toBe('broken');
    expect(status('loglevel=4 intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0\n')).toBe('kept');
  });

  it('is planned the same again after it has booted with the module, so that nothing drops out of it', () => {
    const planned = (commandLine: string): readonly string[] => {
      const facts = readHost(
        openSource(
          makeTree({
            ...nixos,
            '/proc/cmdline': commandLine,
            '/proc/cpuinfo': 'processor\t: 0\nvendor_id\t: GenuineIntel\n',
          }),
          null,
        ),
      );
      return planPassthrough(facts, sampleProfile()).plan.kernelArguments.add.map(({text}) => text);
    };
    expect(planned('init=/nix/store/1x/init\n')).toContain('intel_iommu=on');
    expect(planned('init=/nix/store/1x/init intel_iommu=on\n')).toContain('intel_iommu=on');
  });

  it('keeps its guests where its libvirt does', () => {
    const facts = readHost(
      openSource(
        makeTree({...nixos, '/var/lib/libvirt/qemu/win11.xml': "<domain type='kvm'><name>win11</name></domain>\n"}),
        null,
      ),
    );
    expect(libvirtOf(facts).domains.map(({path}) => path)).toEqual(['/var/lib/libvirt/qemu/win11.xml']);
    expect(facts.files['/var/lib/libvirt/qemu/win11.xml']?.state).toBe('file');
  });
});

describe.skipIf(!hasNix)('the module as Nix reads it', () => {
  it('has the arguments, the modules and both copies of the rules, word for word', () => {
    const rules = renderUdevRules(samplePlan(), []).replace(/^#.*\n/, '');
    expect(evaluate(renderNixosModule(samplePlan(), []))).toEqual({
      boot: {
        kernelParams: ['intel_iommu=on', 'hugepagesz=2M', 'hugepages=0:6144,1:0'],
        extraModprobeConfig:
          '# you asked for it\noptions kvm ignore_msrs=1\n# vfio-pci must be there before the driver that would take the card\nsoftdep nouveau pre: vfio-pci\nsoftdep snd_hda_intel pre: vfio-pci\n',
        initrd: {kernelModules: ['vfio_pci', 'vfio', 'vfio_iommu_type1'], services: {udev: {rules}}},
      },
      services: {udev: {extraRules: rules}},
    });
  });

  it('has the unit that gives huge pages back, with its quotes and dollars', () => {
    const text = renderNixosModule(samplePlan({profile: 'a "${b}" \'\' c', ...release}), []);
    const unit = evaluate(text) as {systemd: {units: Record<string, {text: string; wantedBy: readonly string[]}>}};
    expect(unit.systemd.units['vfio-pilot-hugepages.service']?.wantedBy).toEqual(['sysinit.target']);
    expect(unit.systemd.units['vfio-pilot-hugepages.service']?.text).toContain(`&& [ "$$pages" -eq 6144 ]'\n`);
  });
});
