import {spawnSync} from 'node:child_process';
import {describe, expect, it} from 'vitest';
import {chooseGrubTarget} from '../../../src/boot/grub/choose-grub-target.ts';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {codesOf, decide, findingOf, textOf} from '../../hypervisor/xen/decide.ts';
import {xenFacts} from '../../support/xen-facts.ts';

const dropIn = '/etc/default/grub.d/zz-vfio-pilot.cfg';

const main = '/etc/default/grub';

/** What 20_linux_xen gives to its entry, after sh has read the files as grub-mkconfig does. */
const entryOf = (changed: Readonly<Record<string, string>> = {}) => {
  const facts = xenFacts(changed);
  const files = Object.values(facts.files)
    .filter(({path}) => path === main || path.startsWith('/etc/default/grub.d/'))
    .map(({text}) => text ?? '');
  return readBySh(`${files.join('\n')}\n${textOf(facts, dropIn) ?? ''}`);
};

const readBySh = (settings: string): {readonly xen: string; readonly kernel: string} => {
  const script = `${settings}
if [ "\${GRUB_CMDLINE_LINUX_XEN_REPLACE}" ]; then GRUB_CMDLINE_LINUX="\${GRUB_CMDLINE_LINUX_XEN_REPLACE}"; fi
if [ "\${GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT}" ]; then GRUB_CMDLINE_LINUX_DEFAULT="\${GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT}"; fi
printf '%s|%s\\n' "$GRUB_CMDLINE_XEN $GRUB_CMDLINE_XEN_DEFAULT" "$GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT"
`;
  const {stdout} = spawnSync('dash', ['-c', script], {encoding: 'utf8'});
  const [xen = '', kernel = ''] = stdout.trimEnd().split('|');
  return {xen: xen.trim().replaceAll(/ +/g, ' '), kernel: kernel.trim()};
};

/** As on openSUSE and Fedora, whose GRUB reads one file. */
const withoutDropIns = (text: string): HostFacts => {
  const facts = xenFacts({[main]: text});
  return {
    ...facts,
    files: Object.fromEntries(Object.entries(facts.files).filter(([path]) => !path.startsWith('/etc/default/grub.d'))),
  };
};

describe('the lines of GRUB’s Xen entry', () => {
  it('are those of the files, with ours behind them', () => {
    expect(entryOf()).toEqual({
      xen: 'loglvl=all dom0_mem=1728M,max:1728M dom0_max_vcpus=2 dom0_vcpus_pin',
      kernel: 'console=hvc0 quiet xen-pciback.hide=(0000:41:00.0)',
    });
  });

  it('keep arguments that replace those of the kernel under Xen', () => {
    expect(entryOf({'/etc/default/grub.d/xen.cfg': 'GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT="splash"\n'}).kernel).toBe(
      'console=hvc0 splash xen-pciback.hide=(0000:41:00.0)',
    );
  });

  it('leave /etc/default/grub and what every kernel gets alone', () => {
    const paths = decide(xenFacts()).changes.map(({path}) => path);
    expect(paths).toContain(dropIn);
    expect(paths).not.toContain('/etc/default/grub');
    expect(textOf(xenFacts(), dropIn)).not.toMatch(/^GRUB_CMDLINE_LINUX_DEFAULT=/m);
  });

  it('are looked for in the new grub.cfg', () => {
    const [command] = decide(xenFacts()).changes.filter(({path}) => path.includes('grub-mkconfig'));
    expect(JSON.stringify(command)).toContain('xen-pciback.hide=(0000:41:00.0)');
  });
});

describe('a GRUB that reads no drop-ins', () => {
  const before = 'GRUB_CMDLINE_LINUX="console=hvc0"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_XEN="loglvl=all"';

  it('gets the lines behind the last one of its settings, and keeps each byte before them', () => {
    const facts = withoutDropIns(before);
    const text = textOf(facts, main) ?? '';
    expect(codesOf(facts)).toEqual([]);
    expect(text.startsWith(`${before}\n# BEGIN vfio-pilot (profile `)).toBe(true);
    expect(readBySh(text)).toEqual({
      xen: 'loglvl=all dom0_mem=1728M,max:1728M dom0_max_vcpus=2 dom0_vcpus_pin',
      kernel: 'console=hvc0 quiet xen-pciback.hide=(0000:41:00.0)',
    });
  });

  it('is left alone by the same plan once more, has other lines by another one, and none by a plan without any', () => {
    const text = textOf(withoutDropIns(before), main) ?? '';
    const again = withoutDropIns(text);
    expect(textOf(again, main)).toBeNull();
    const other = textOf(again, main, {cpu: {isolation: 'none'}}) ?? '';
    expect(readBySh(other)).toEqual({...readBySh(text), xen: 'loglvl=all dom0_mem=1728M,max:1728M'});
    expect(other.match(/BEGIN/g)).toHaveLength(1);
    const without = {...again, boot: {...again.boot, hypervisorNext: ['dom0_mem=1G dom0_max_vcpus=1']}};
    expect(textOf(without, main, {binding: 'libvirt'})).toBe(`${before}\n`);
  });

  it('has nothing of them left after a plan without Xen', () => {
    const text = textOf(withoutDropIns(before), main) ?? '';
    const {files} = withoutDropIns(text);
    expect(chooseGrubTarget(files, {add: ['iommu=pt'], remove: [], ownedKeys: ['iommu']}, 'p').files).toMatchObject([
      {path: main, text: `${before.replace('"quiet"', '"quiet iommu=pt"')}\n`},
    ]);
  });
});

describe('a GRUB that would not do', () => {
  it('has a file that is read after ours and sets them again', () => {
    const later = {'/etc/default/grub.d/zzz.cfg': 'GRUB_CMDLINE_XEN_DEFAULT="x"\n'};
    expect(codesOf(xenFacts(later))).toContain('blocker grub-overridden');
  });

  it('has a file of somebody else under our name', () => {
    expect(codesOf(xenFacts({[dropIn]: 'GRUB_TIMEOUT=1\n'}))).toContain('blocker file-foreign');
  });

  it('can’t be read: a quote that is not closed would take our lines in, and a mark alone is nobody’s', () => {
    expect(findingOf(withoutDropIns('GRUB_CMDLINE_LINUX="quiet\n'), 'grub-not-editable')).toMatchObject({
      severity: 'blocker',
      at: {file: main, line: 1},
    });
    expect(codesOf(withoutDropIns('# BEGIN vfio-pilot (profile x)\nGRUB_TIMEOUT=1\n'))).toContain(
      'blocker file-foreign',
    );
  });

  it('starts xen.efi with a file of its own on the EFI partition, which grub2-mkconfig would write over', () => {
    const facts = xenFacts({
      '/boot/grub2/xen-4.18.cfg': '[config.1]\noptions=loglvl=all\nkernel=vmlinuz root=UUID=1-2\n',
    });
    expect(findingOf(facts, 'xen-chainloaded')).toMatchObject({
      severity: 'blocker',
      remedy: expect.stringContaining('xen-pciback.hide=(0000:41:00.0)'),
    });
    expect(textOf(facts, dropIn)).toBeNull();
  });

  it('failure mode 84: starts the entry without Xen by default', () => {
    const facts = xenFacts({'/etc/default/grub.d/xen.cfg': 'XEN_OVERRIDE_GRUB_DEFAULT=0\n'});
    expect(codesOf(facts)).toEqual(['warning xen-entry-not-default']);
    expect(codesOf(xenFacts({'/etc/default/grub.d/xen.cfg': 'XEN_OVERRIDE_GRUB_DEFAULT=1\n'}))).toEqual([]);
  });
});
