import {spawnSync} from 'node:child_process';
import {describe, expect, it} from 'vitest';
import {codesOf, decide, findingOf, textOf} from '../../hypervisor/xen/decide.ts';
import {xenFacts} from '../../support/xen-facts.ts';

const dropIn = '/etc/default/grub.d/zz-vfio-pilot.cfg';

/** What 20_linux_xen gives to its entry, after sh has read the files as grub-mkconfig does. */
const entryOf = (changed: Readonly<Record<string, string>> = {}) => {
  const facts = xenFacts(changed);
  const ours = textOf(facts, dropIn);
  const files = Object.values(facts.files)
    .filter(({path}) => path === '/etc/default/grub' || path.startsWith('/etc/default/grub.d/'))
    .map(({text}) => text ?? '');
  const script = `${files.join('\n')}\n${ours ?? ''}
if [ "\${GRUB_CMDLINE_LINUX_XEN_REPLACE}" ]; then GRUB_CMDLINE_LINUX="\${GRUB_CMDLINE_LINUX_XEN_REPLACE}"; fi
if [ "\${GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT}" ]; then GRUB_CMDLINE_LINUX_DEFAULT="\${GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT}"; fi
printf '%s|%s\\n' "$GRUB_CMDLINE_XEN $GRUB_CMDLINE_XEN_DEFAULT" "$GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT"
`;
  const {stdout} = spawnSync('dash', ['-c', script], {encoding: 'utf8'});
  const [xen = '', kernel = ''] = stdout.trimEnd().split('|');
  return {xen: xen.trim(), kernel: kernel.trim()};
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

describe('a GRUB that would not do', () => {
  it('has a file that is read after ours and sets them again', () => {
    const later = {'/etc/default/grub.d/zzz.cfg': 'GRUB_CMDLINE_XEN_DEFAULT="x"\n'};
    expect(codesOf(xenFacts(later))).toContain('blocker grub-overridden');
  });

  it('has a file of somebody else under our name', () => {
    expect(codesOf(xenFacts({[dropIn]: 'GRUB_TIMEOUT=1\n'}))).toContain('blocker file-foreign');
  });

  it('reads no drop-ins: then both lines are said', () => {
    const facts = xenFacts();
    const files = Object.fromEntries(
      Object.entries(facts.files).filter(([path]) => !path.startsWith('/etc/default/grub.d')),
    );
    expect(findingOf({...facts, files}, 'boot-chain-unsupported')).toMatchObject({
      severity: 'blocker',
      remedy: expect.stringMatching(
        /xen-pciback\.hide=.* GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT .* GRUB_CMDLINE_XEN_DEFAULT/,
      ),
    });
  });

  it('failure mode 84: starts the entry without Xen by default', () => {
    const facts = xenFacts({'/etc/default/grub.d/xen.cfg': 'XEN_OVERRIDE_GRUB_DEFAULT=0\n'});
    expect(codesOf(facts)).toEqual(['warning xen-entry-not-default']);
    expect(codesOf(xenFacts({'/etc/default/grub.d/xen.cfg': 'XEN_OVERRIDE_GRUB_DEFAULT=1\n'}))).toEqual([]);
  });
});
