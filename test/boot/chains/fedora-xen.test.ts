import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {compareArtifacts} from '../../../src/changes/compare-artifacts.ts';
import {renderHost} from '../../../src/changes/render-host.ts';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {applyChanges, rollback} from '../../../src/hosts/transactions.ts';
import type {Plan} from '../../../src/plan/plan.ts';
import type {Program} from '../../../src/system/machine.ts';
import {realMachine} from '../../../src/system/real-machine.ts';
import {openSource} from '../../../src/system/source.ts';
import {verifyPlan} from '../../../src/verify/verify-plan.ts';
import {codesOf, decide, findingOf} from '../../hypervisor/xen/decide.ts';
import {unpackHost} from '../../support/host-tree.ts';
import {fillTree} from '../../support/make-tree.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {never, request, silent} from '../../transaction/scenario.ts';
import {snapshot} from '../../transaction/scratch-root.ts';
import {describeChanges} from './chain-scenario.ts';
import {standIns} from './stand-ins.ts';

const release = '6.12.5-200.fc41.x86_64';
const defaults = '/etc/default/grub';
const menu = '/boot/grub2/grub.cfg';
const environment = '/boot/grub2/grubenv';
const lineFile = '/etc/kernel/cmdline';
const entry = `/boot/loader/entries/0123-${release}.conf`;
const line = 'root=UUID=1-2 ro rootflags=subvol=root rhgb quiet';
const xenTitle = `Fedora Linux, with Xen 4.17 and Linux ${release}`;
const ours = 'xen-pciback.hide=(0000:41:00.0)';

/** After anaconda: pyanaconda/modules/storage/bootloader/grub2.py. */
const settings =
  'GRUB_TIMEOUT=5\nGRUB_DISTRIBUTOR="$(sed \'s, release .*$,,g\' /etc/system-release)"\nGRUB_DEFAULT=saved\nGRUB_DISABLE_SUBMENU=true\nGRUB_TERMINAL_OUTPUT="console"\nGRUB_CMDLINE_LINUX="rhgb quiet"\nGRUB_DISABLE_RECOVERY="true"\nGRUB_ENABLE_BLSCFG=true\n';

type Entries = Parameters<typeof fillTree>[1];

/**
 * The hardware and the Xen of xen-desktop below files of Fedora. All of these are invented, the entry and grub.cfg after
 * 20-grub.install of grub2, and 10_linux and 20_linux_xen of rhboot/grub2 (fedora-44).
 */
const fedoraFiles: Entries = {
  '/proc/sys/kernel/osrelease': `${release}\n`,
  '/proc/cmdline': `placeholder ${line}\n`,
  [defaults]: settings,
  [menu]: `insmod blscfg\nblscfg\nmenuentry '${xenTitle}' {\n\tmultiboot2\t/xen-4.17.gz placeholder\n\tmodule2\t/vmlinuz-${release} placeholder ${line}\n}\n`,
  [environment]: `# GRUB Environment Block\nsaved_entry=${xenTitle}\n`,
  [lineFile]: `${line}\n`,
  [entry]: `title Fedora Linux (${release}) 41\nversion ${release}\nlinux /vmlinuz-${release}\ninitrd /initramfs-${release}.img\noptions ${line}\n`,
  '/boot/loader/entries/0123-0-rescue.conf': 'title Rescue\nlinux /vmlinuz-0-rescue\noptions root=UUID=1-2 ro\n',
  [`/boot/vmlinuz-${release}`]: 'kernel',
  [`/boot/initramfs-${release}.img`]: 'x'.repeat(200),
  '/usr/bin/dracut': {text: '', mode: 0o755},
  '/usr/sbin/grub2-mkconfig': {text: '', mode: 0o755},
  '/etc/dracut.conf': '',
};

const fedoraTree = (changed: Entries = {}, without: readonly string[] = []): string => {
  const root = unpackHost('xen-desktop');
  const modules = join(root, 'usr/lib/modules');
  for (const name of readdirSync(modules)) renameSync(join(modules, name), join(modules, release));
  for (const path of ['boot', 'etc/default', 'etc/initramfs-tools', 'usr/sbin', 'usr/share/initramfs-tools'])
    rmSync(join(root, path), {recursive: true, force: true});
  for (const path of ['proc/cmdline', 'proc/sys/kernel/osrelease', 'var/lib/dpkg/status'])
    rmSync(join(root, path), {force: true});
  fillTree(root, {...fedoraFiles, ...changed});
  for (const path of without) rmSync(join(root, path));
  return root;
};

/** No machine of this kind was started, and the plan says so. */
const unproven = 'warning boot-chain-unproven';

const read = (root: string): HostFacts => readHost(openSource(root, null));
const factsOf = (...given: Parameters<typeof fedoraTree>): HostFacts => read(fedoraTree(...given));

/**
 * grub2-mkconfig in short, with bash for its settings as the real one: the entries of Xen, and without the option the
 * arguments of all loader entries anew.
 */
const mkconfig: Program = (argv, {root}) => {
  const at = (path: string): string => join(root, path);
  const script = `. "$1"; l=$GRUB_CMDLINE_LINUX; d=\${GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT:-$GRUB_CMDLINE_LINUX_DEFAULT}
printf '%s\\n' "$GRUB_CMDLINE_XEN $GRUB_CMDLINE_XEN_DEFAULT" "$l $d" "$l $GRUB_CMDLINE_LINUX_DEFAULT"`;
  const [xen = '', dom0 = '', linux = ''] = execFileSync('/bin/bash', ['--norc', '-c', script, 'bash', at(defaults)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).split('\n');
  if (!argv.includes('--no-grubenv-update')) {
    const text = readFileSync(at(entry), 'utf8');
    writeFileSync(at(entry), text.replace(/^options.*/m, `options root=UUID=1-2 ro ${linux}`));
    writeFileSync(at(lineFile), `root=UUID=1-2 ro ${linux}\n`);
  }
  writeFileSync(
    at(argv.at(-1) ?? ''),
    `insmod blscfg\nblscfg\nmenuentry '${xenTitle}' {\n\tmultiboot2\t/xen-4.17.gz placeholder ${xen}\n\tmodule2\t/vmlinuz-${release} placeholder root=UUID=1-2 ro ${dom0}\n}\n`,
  );
  return {exitCode: 0};
};

const programs = (grub: Program = mkconfig): Readonly<Record<string, Program>> => ({
  ...standIns,
  'grub2-mkconfig': grub,
  'grub2-script-check': () => ({exitCode: 0}),
});

const apply = async (root: string, grub?: Program): Promise<Plan> => {
  const {plan, changes} = decide(read(root));
  const host = changes.filter(({path}) => !path.startsWith('/etc/xen/'));
  await applyChanges(realMachine(root, programs(grub)), request(host), silent, never);
  return plan;
};

const textIn = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

describe('dom0 of Xen whose GRUB has loader entries', () => {
  it('is found, and has a plan that can be applied', () => {
    const facts = factsOf();
    expect(facts.boot).toMatchObject({loader: 'grub-bls', initramfs: 'dracut', own: {isUnderXen: true}});
    expect(codesOf(facts)).toEqual([unproven]);
  });

  it('is written, read back as done, and rolled back to the last byte; the loader entries stay', async () => {
    const root = fedoraTree();
    const before = snapshot(root);
    await expect(
      describeChanges(decide(read(root)).changes.filter(({path}) => !path.startsWith('/etc/xen/'))),
    ).toMatchFileSnapshot(join(import.meta.dirname, '../../golden/chains/fedora-bls-xen.diff'));
    const plan = await apply(root);
    const applied = snapshot(root);
    for (const path of Object.keys(before).filter((one) => one.startsWith('/boot/loader') || one === lineFile))
      expect(applied[path]).toBe(before[path]);
    expect(applied[environment]).toBe(before[environment]);
    expect(textIn(root, menu)).toMatch(/module2\t\S+ placeholder root=UUID=1-2 ro rhgb quiet +xen-pciback\.hide=/);
    expect(textIn(root, menu)).toMatch(/multiboot2\t\S+ placeholder +dom0_mem=1728M,max:1728M dom0_max_vcpus=2/);
    const after = read(root);
    expect(after.boot.next).toEqual(factsOf().boot.next);
    expect(compareArtifacts(after, renderHost(after, plan).artifacts)).toEqual([]);
    const results = verifyPlan(after, {version: 3, plan, bootId: null}, null);
    expect(
      results.filter(({id, promise}) => id === 'file' && !promise.startsWith('/etc/xen/')).map(({status}) => status),
    ).not.toContain('broken');
    expect(results.filter(({id}) => id === 'file').map(({promise}) => promise.split(' ')[0])).toContain(defaults);
    expect(results.filter(({id}) => id === 'command')).toMatchObject([
      {status: 'kept', promise: expect.stringMatching(/^The entries of the kernels without Xen have none/)},
    ]);
    await rollback(realMachine(root, programs()), {}, silent, never);
    const rolledBack = snapshot(root);
    const paths = new Set([...Object.keys(before), ...Object.keys(rolledBack)]);
    expect([...paths].filter((path) => before[path] !== rolledBack[path])).toEqual([]);
  });

  it('is put back where GRUB makes no entry of Xen, or does not know the option', async () => {
    for (const program of [
      (argv: readonly string[], {root}: {root: string}) => {
        writeFileSync(join(root, argv.at(-1) ?? ''), `insmod blscfg\nblscfg\n${'#\n'.repeat(200)}`);
        return {exitCode: 0};
      },
      () => ({exitCode: 1, stderr: "Unrecognized option `--no-grubenv-update'\n"}),
    ] satisfies readonly Program[]) {
      const root = fedoraTree();
      const before = snapshot(root);
      await expect(apply(root, program)).rejects.toMatchObject({isRestored: true});
      expect(snapshot(root)).toMatchObject(before);
    }
  });

  it('gets no drop-in, as its GRUB reads none', () => {
    const facts = factsOf({'/etc/default/grub.d/xen.cfg': 'GRUB_CMDLINE_XEN="dom0_mem=1G,max:1G"\n'});
    const {plan, changes} = decide(facts);
    expect(changes.map(({path}) => path).filter((path) => path.startsWith('/etc/default/'))).toEqual([defaults]);
    expect(plan.hypervisorArguments?.add.map(({text}) => text)).toContain('dom0_mem=1728M,max:1728M');
  });

  it('keeps what /etc/default/grub has for Xen', () => {
    const text = `${settings}GRUB_CMDLINE_XEN_DEFAULT="dom0_mem=1G,max:1G"\nGRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT="xen-pciback.hide=(02:00.0)"\n`;
    const {plan} = decide(factsOf({[defaults]: text}));
    expect(plan.hypervisorArguments?.add.map(({text: word}) => word)).not.toContain('dom0_mem=1728M,max:1728M');
    expect(plan.kernelArguments.add.map(({text: word}) => word)).toEqual([
      'xen-pciback.hide=(0000:02:00.0)(0000:41:00.0)',
    ]);
  });

  it('has none of the lines left after a plan without Xen, and a menu without them', async () => {
    const root = fedoraTree();
    await apply(root);
    const facts = read(root);
    const {artifacts} = renderHost(facts, samplePlan({initramfs: 'dracut'}));
    const file = artifacts.find((one) => one.kind === 'file' && one.path === defaults);
    expect(file).toMatchObject({text: expect.not.stringContaining('BEGIN vfio-pilot')});
    expect(artifacts.find((one) => one.kind === 'generated' && one.path === menu)).toMatchObject({
      argv: ['/usr/sbin/grub2-mkconfig', '--no-grubenv-update', '-o', '{output}'],
    });
  });
});

describe('what would keep Xen from starting with it', () => {
  it.each([
    ['the saved entry of a new kernel', {[environment]: `# GRUB Environment Block\nsaved_entry=0123-${release}\n`}],
    ['nothing that is saved', {[environment]: '# GRUB Environment Block\n'}],
    ['the first entry', {[defaults]: 'GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX="rhgb quiet"\nGRUB_ENABLE_BLSCFG=true\n'}],
  ])('failure mode 84: by default GRUB starts %s', (_, changed) => {
    expect(codesOf(factsOf(changed))).toEqual([unproven, 'warning xen-entry-not-default']);
  });

  it('a menu in another place is refused, with both lines to write by hand', () => {
    const facts = factsOf({}, [menu]);
    expect(findingOf(facts, 'grub-menu-unreadable')).toMatchObject({
      severity: 'blocker',
      subject: menu,
      remedy: expect.stringMatching(
        /GRUB_CMDLINE_XEN_DEFAULT=.*dom0_mem=.* and GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT=.*xen-pciback\.hide=/,
      ),
    });
    expect(decide(facts).changes.map(({path}) => path)).not.toContain(defaults);
  });

  it('arguments that only the loader entries have are named, as the next kernel update may take them', () => {
    const only = {[entry]: `title F\nlinux /vmlinuz-${release}\noptions ${line} nomodeset $tuned_params\n`};
    expect(findingOf(factsOf(only), 'boot-entries-differ')).toMatchObject({
      severity: 'warning',
      message: expect.stringMatching(/without Xen have nomodeset, and/),
      remedy: expect.stringContaining('touch /etc/kernel/cmdline'),
    });
    expect(codesOf(factsOf(only, [lineFile]))).toEqual([unproven]);
  });

  it('an entry that somebody gave the arguments to is seen by verify', async () => {
    const root = fedoraTree();
    const plan = await apply(root);
    writeFileSync(join(root, entry), textIn(root, entry).replace('quiet', `quiet ${ours}`));
    expect(
      verifyPlan(read(root), {version: 3, plan, bootId: null}, null).filter(({id}) => id === 'command'),
    ).toMatchObject([{status: 'broken', fact: expect.stringContaining(entry)}]);
  });
});
