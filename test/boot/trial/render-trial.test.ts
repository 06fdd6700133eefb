import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {renderTrial} from '../../../src/boot/trial/render-trial.ts';
import type {FileChange} from '../../../src/changes/change.ts';
import {previewChanges, previewTrial} from '../../../src/changes/preview.ts';
import type {EntryChoice, GrubMenu} from '../../../src/facts/boot.ts';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import type {ProfileDevice} from '../../../src/profile/profile.ts';
import {verifyPlan} from '../../../src/verify/verify-plan.ts';
import {defaultShape, sampleFacts, samplePci, sampleSriov, withBoot} from '../../support/sample-facts.ts';
import {sampleFiles} from '../../support/sample-plan.ts';
import {sampleProfile} from '../../support/sample-profile.ts';

const grubMenu: GrubMenu = {
  directory: '/boot/grub',
  running: {
    kernel: '/vmlinuz-6.1.0-1-amd64',
    arguments: 'root=/dev/sda1 ro quiet',
    images: ['/ucode.img', '/initrd.img-6.1.0-1-amd64'],
    preparation: ['insmod ext2', 'search --fs-uuid --set=root 11-22'],
  },
  readsCustom: true,
  obeysNextEntry: true,
  environmentObstacle: null,
};
const base = sampleFacts(defaultShape, {
  files: sampleFiles({
    '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n',
    '/etc/initramfs-tools/modules': '# none\n',
    '/etc/initramfs-tools/initramfs.conf': 'MODULES=most\n',
  }),
});
const withMenu = (menu: GrubMenu | null): Pick<HostFacts['boot'], 'own'> => ({
  own: {kind: 'grub', name: 'grub', isUnderXen: false, menu},
});
const host = (boot: Partial<HostFacts['boot']> = {}, facts: Partial<HostFacts> = {}): HostFacts => {
  const whole = {...base, ...facts};
  return withBoot(whole, {...base.boot, ...withMenu(grubMenu), ...boot});
};
const token = '0123456789ab';
const preview = (facts: HostFacts, profile = sampleProfile({host: {ignoreMsrs: true}})) =>
  previewTrial(facts, previewChanges(facts, profile), token);
const fileAt = (facts: HostFacts, path: string): string =>
  preview(facts).changes.find((change): change is FileChange => change.path === path && 'content' in change)?.content
    ?.text ?? '';
const obstacles = (facts: HostFacts, profile = sampleProfile()): string =>
  preview(facts, profile)
    .findings.filter(({code}) => code === 'trial-impossible')
    .map(({message}) => message)
    .join('\n');

describe('a trial boot', () => {
  it('adds files of its own and replaces none', () => {
    const {changes} = preview(host());
    expect(changes.filter(({kind}) => kind !== 'create' && kind !== 'run')).toEqual([]);
    expect(changes.filter(({kind}) => kind === 'create').map(({path}) => path)).toEqual([
      '/var/lib/vfio-pilot-trial/modules',
      '/var/lib/vfio-pilot-trial/initramfs.conf',
      '/var/lib/vfio-pilot-trial/scripts/init-top/00-vfio-pilot',
      '/etc/systemd/system/vfio-pilot-trial.service',
      '/etc/systemd/system/vfio-pilot-trial.timer',
      '/etc/systemd/system/sysinit.target.wants/vfio-pilot-trial.timer',
      '/boot/grub/custom.cfg',
    ]);
  });

  it('makes an image of its own, and chooses the entry for one boot as its very last step', () => {
    const runs = preview(host())
      .changes.filter(({kind}) => kind === 'run')
      .map(({path}) => path);
    expect(runs).toEqual([
      '/usr/sbin/mkinitramfs -d /var/lib/vfio-pilot-trial -o /boot/vfio-pilot-trial.img 6.1.0-1-amd64',
      '/usr/bin/systemctl daemon-reload',
      '/usr/sbin/grub-reboot vfio-pilot-trial',
    ]);
  });

  it('believes that choice only once grubenv holds it', () => {
    const last = preview(host()).changes.at(-1);
    expect(last?.kind === 'run' && last.command.kind === 'command' ? last.command.effect : null).toEqual({
      kind: 'files-hold',
      paths: ['/boot/grub/grubenv'],
      texts: ['next_entry=vfio-pilot-trial'],
    });
  });

  it('starts the same kernel with the arguments of the plan, and reboots when a file of it is missing', () => {
    expect(fileAt(host(), '/boot/grub/custom.cfg')).toBe(`# BEGIN vfio-pilot trial
menuentry 'vfio-pilot: one boot on trial' --id vfio-pilot-trial {
\tinsmod ext2
\tsearch --fs-uuid --set=root 11-22
\tif linux /vmlinuz-6.1.0-1-amd64 root=/dev/sda1 ro quiet hugepagesz=2M hugepages=0:6144 kvm.ignore_msrs=1 panic=10 vfio_pilot.trial=${token}; then
\t\tif initrd /ucode.img /vfio-pilot-trial.img; then
\t\t\tboot
\t\tfi
\tfi
\treboot
}
# END vfio-pilot trial
`);
  });

  it('leaves what the user has in custom.cfg, and takes the place of its own entry', () => {
    const own = "menuentry 'mine' {\n\ttrue\n}\n";
    const once = fileAt(
      host({}, {files: {...base.files, ...sampleFiles({'/boot/grub/custom.cfg': own})}}),
      '/boot/grub/custom.cfg',
    );
    expect(once.startsWith(own)).toBe(true);
    const again = renderTrial(
      host({}, {files: {...base.files, ...sampleFiles({'/boot/grub/custom.cfg': once})}}),
      previewChanges(host(), sampleProfile()).plan,
      'ffffffffffff',
    );
    const text =
      again.artifacts.flatMap((artifact) =>
        artifact.kind === 'file' && artifact.path === '/boot/grub/custom.cfg' ? [artifact.text] : [],
      )[0] ?? '';
    expect(text.split('BEGIN vfio-pilot trial')).toHaveLength(2);
    expect(text).toContain('vfio_pilot.trial=ffffffffffff');
  });

  it('arms the watchdog where there is one, and says where there is none that a hang needs the button', () => {
    expect(fileAt(host({watchdog: 'iTCO_wdt'}), '/boot/grub/custom.cfg')).toContain(' systemd.watchdog_sec=60 ');
    expect(preview(host({watchdog: 'iTCO_wdt'})).findings.map(({code}) => code)).toContain('trial-watchdog');
    expect(preview(host({watchdog: null})).findings.map(({code}) => code)).toContain('trial-no-watchdog');
  });

  it.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)(
    'has units that systemd accepts (needs systemd-analyze)',
    () => {
      const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-units-'));
      for (const name of ['vfio-pilot-trial.service', 'vfio-pilot-trial.timer'])
        writeFileSync(join(directory, name), fileAt(host(), `/etc/systemd/system/${name}`));
      const {stdout, stderr} = spawnSync(
        'systemd-analyze',
        ['verify', '--man=no', join(directory, 'vfio-pilot-trial.timer')],
        {encoding: 'utf8', env: {...process.env, SYSTEMD_UNIT_PATH: `${directory}:`}},
      );
      rmSync(directory, {recursive: true});
      expect(`${stdout}${stderr}`).not.toMatch(/vfio-pilot-trial/);
    },
  );
});

describe('a trial boot with systemd-boot', () => {
  const id = '5b1f0c1e-6.1.0-1-amd64';
  const known = `title Debian\nversion 6.1.0-1-amd64\nmachine-id 5b1f0c1e\nsort-key debian\noptions root=/dev/vda2 ro quiet\nlinux /5b1f0c1e/6.1.0-1-amd64/linux\ninitrd /5b1f0c1e/6.1.0-1-amd64/initrd\n`;
  const entryChoice = {
    loader: 'systemd-boot 252',
    selected: `${id}.conf`,
    preferred: null,
    default: null,
    lastBooted: null,
    hasBootctl: true,
  };
  const withChoice = (choice: EntryChoice): Pick<HostFacts['boot'], 'own'> => ({
    own: {kind: 'entries', choice, unifiedImages: []},
  });
  const efi = (boot: Partial<HostFacts['boot']> = {}) =>
    host(
      {
        loader: 'systemd-boot',
        firmware: 'uefi',
        commandLine: 'root=/dev/vda2 ro quiet',
        ...withChoice(entryChoice),
        ...boot,
      },
      {files: {...base.files, ...sampleFiles({[`/boot/efi/loader/entries/${id}.conf`]: known})}},
    );

  it('adds an entry and an image to the EFI partition and writes over nothing there', () => {
    const changes = preview(efi()).changes.filter(({path}) => path.includes('/boot/'));
    expect(changes.map(({kind, path}) => [kind, path])).toEqual([
      ['create', '/boot/efi/loader/entries/0000-vfio-pilot-trial.conf'],
      ['run', '/usr/sbin/mkinitramfs -d /var/lib/vfio-pilot-trial -o /boot/efi/vfio-pilot-trial.img 6.1.0-1-amd64'],
    ]);
  });

  it('has an entry that sorts behind the known-good one, with the same kernel and its own image', () => {
    expect(fileAt(efi(), '/boot/efi/loader/entries/0000-vfio-pilot-trial.conf').split('\n').slice(1)).toEqual([
      `# In place of ${id}.conf`,
      'title vfio-pilot: one boot on trial',
      'version 0',
      'machine-id 5b1f0c1e',
      'sort-key debian-zz-trial',
      `options root=/dev/vda2 ro quiet hugepagesz=2M hugepages=0:6144 kvm.ignore_msrs=1 panic=10 vfio_pilot.trial=${token}`,
      'linux /5b1f0c1e/6.1.0-1-amd64/linux',
      'initrd /vfio-pilot-trial.img',
      '',
    ]);
  });

  it('chooses it once, as the last step, and reads the variable back', () => {
    const last = preview(efi()).changes.at(-1);
    expect(last?.path).toBe('/usr/bin/bootctl set-oneshot 0000-vfio-pilot-trial.conf');
    expect(last?.kind === 'run' && last.command.kind === 'command' ? last.command.effect : null).toEqual({
      kind: 'loader-variable',
      name: 'LoaderEntryOneShot',
      before: null,
      after: '0000-vfio-pilot-trial.conf',
    });
  });

  it('is written permanently, once it is confirmed, as it would have been from the known-good boot', () => {
    const path = '/boot/efi/loader/entries/0000-vfio-pilot-trial.conf';
    const selected = '0000-vfio-pilot-trial.conf';
    const other = sampleFiles({'/boot/efi/loader/entries/00-older.conf': known.replace('quiet', 'debug')});
    const before = efi();
    const withOther = {...before, files: {...other, ...before.files}};
    const inTrial = {
      ...withOther,
      files: {...withOther.files, ...sampleFiles({[path]: fileAt(before, path)})},
      boot: {...withOther.boot, ...withChoice({...entryChoice, selected, lastBooted: selected})},
    };
    const permanent = previewChanges(withOther, sampleProfile({host: {ignoreMsrs: true}}));
    expect(permanent.changes.map((change) => change.path)).toContainEqual(
      expect.stringMatching(/5b1f0c1e-6\.1\.0-1-amd64\.vfio-pilot-[0-9a-f]{8}\.conf$/),
    );
    expect(previewChanges(inTrial, sampleProfile({host: {ignoreMsrs: true}}))).toEqual(permanent);
  });

  it('is refused where nothing tells the running entry, or without bootctl', () => {
    expect(obstacles(efi(withChoice({...entryChoice, selected: null})))).toMatch(/it is unknown which of the entries/);
    expect(obstacles(efi(withChoice({...entryChoice, hasBootctl: false})))).toMatch(/bootctl/);
  });
});

describe('a trial is refused, with the reason, where the host could not come back on its own', () => {
  it.each([
    ['another loader starts it', host({loader: 'limine'}), /limine starts this host/],
    ['another system makes the image', host({initramfs: 'dracut'}), /this host has dracut/],
    ['the menu is not readable', base, /can not be read/],
    [
      'no entry is the running one',
      host(withMenu({...grubMenu, running: null})),
      /no entry of \/boot\/grub\/grub\.cfg has the kernel/,
    ],
    [
      'the entry has an image of another name',
      host(withMenu({...grubMenu, running: {...grubMenu.running!, images: ['/other.img']}})),
      /\/other\.img, which is no image of the running kernel/,
    ],
    ['its menu reads no custom.cfg', host(withMenu({...grubMenu, readsCustom: false})), /does not read custom\.cfg/],
    [
      'GRUB can not write its environment',
      host(withMenu({...grubMenu, environmentObstacle: "/boot/grub/grubenv is on btrfs, which GRUB can't write to"})),
      /btrfs.*again and again/,
    ],
    [
      'a file of initramfs-tools is no plain file',
      host(
        {},
        {
          files: {
            ...base.files,
            '/etc/initramfs-tools/hooks/x': {
              path: '/etc/initramfs-tools/hooks/x',
              state: 'symlink',
              text: null,
              encoding: 'utf8',
              target: '/opt/x',
              sha256: null,
              mode: 0o777,
              uid: 0,
              gid: 0,
              stamp: null,
            },
          },
        },
      ),
      /hooks\/x is no regular file/,
    ],
  ] satisfies [string, HostFacts, RegExp][])('when %s', (_when, facts, reason) => {
    expect(obstacles(facts)).toMatch(reason);
    expect(preview(facts).changes).toEqual([]);
  });

  it('when the plan has nothing that a boot could show, or binds by what a trial does not write', () => {
    expect(obstacles(host(), sampleProfile({binding: 'libvirt'}))).toMatch(/nothing to try at boot/);
    expect(obstacles(host(), sampleProfile({binding: 'ids'}))).toMatch(/\/etc\/modprobe\.d/);
    const of = '0000:04:00.0';
    const port = samplePci(of, {class: '020000', driver: 'igb', sriov: sampleSriov()});
    const shared: ProfileDevice = {
      kind: 'virtual-function',
      function: {
        of: {address: of, id: null, subsystem: null, upstream: null},
        index: 0,
        count: 'auto',
        id: null,
        vgpu: null,
        mixedSizes: false,
      },
      mac: null,
      vlan: null,
    };
    const profile = sampleProfile({devices: [...sampleProfile().devices, shared]});
    expect(obstacles(host({}, {pci: [...base.pci, port]}), profile)).toMatch(/makes virtual functions/);
  });

  it('when this kernel needs the unit that gives hugepages back', () => {
    expect(
      obstacles(host({}, {kernel: {...base.kernel, release: '6.1.0-1-amd64', version: {major: 5, minor: 4}}})),
    ).toMatch(/puts hugepages on all nodes/);
  });
});

describe('verify of a trial', () => {
  const {plan} = preview(host());
  const results = (commandLine: string) =>
    verifyPlan(host({commandLine}), {version: 3, plan, bootId: 'a', trial: token}, 'b');

  it('keeps its first promise in the trial boot, and looks at no file that only a confirmation writes', () => {
    const all = results(`BOOT_IMAGE=/vmlinuz quiet vfio_pilot.trial=${token}`);
    expect(all[0]).toMatchObject({id: 'trial-boot', status: 'kept'});
    expect(all.filter(({id}) => id === 'file')).toEqual([]);
  });

  it('says in any other boot that the known-good one is back, another trial included', () => {
    for (const line of ['BOOT_IMAGE=/vmlinuz quiet', 'quiet vfio_pilot.trial=ffffffffffff'])
      expect(results(line)[0]).toMatchObject({id: 'trial-boot', status: 'broken'});
  });
});
