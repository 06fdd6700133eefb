import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {type Change, isFileChange} from '../../src/changes/change.ts';
import {type Preview, previewChanges} from '../../src/changes/preview.ts';
import {describeFindings} from '../../src/commands/describe-finding.ts';
import {describePreview} from '../../src/commands/describe-preview.ts';
import {readHost} from '../../src/host/read-host.ts';
import {whyGuarded, withoutGuarded} from '../../src/plan/arguments/guard-kernel-arguments.ts';
import {contextOf} from '../../src/pipeline/plan-passthrough.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {openSource} from '../../src/system/source.ts';
import {bySize, isNightly} from '../support/sizes.ts';
import {figure} from '../figures/figure.ts';
import {unpackHost} from '../support/host-tree.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {fields, hostileProfile, soundProfile} from './hostile-profiles.ts';
import {guardedArguments, payloads} from './payloads.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-corpus-'));
afterAll(() => rmSync(directory, {recursive: true}));
const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;

const facts = readHost(openSource(unpackHost('dell-r710-gtx1050'), null));
const previewOf = (text: string): Preview => {
  const {profile} = decodeProfile(text, 'sound.yaml');
  if (profile === null) throw new Error('the sound profile does not decode');
  return previewChanges(facts, profile);
};
const baseline = previewOf(soundProfile);

/** Values that a payload can be in a field: alone, as part of what fits, in a list and as a key. */
const variants = (payload: string, index: number): readonly unknown[] => {
  const all = [payload, `/${payload}`, `a${payload}`, [payload], {[payload]: payload}];
  // The first three are all that a text can be; the others are refused by their kind, which a few payloads show.
  return isNightly || index % 8 === 0 ? all : all.slice(0, 2 + (index % 2));
};

type Accepted = {readonly field: string; readonly value: unknown; readonly preview: Preview};

const isDomain = (change: Change): boolean => change.path.startsWith('/etc/libvirt/qemu/');
const textOf = (change: Change): string =>
  isFileChange(change) ? (change.content?.text ?? '') : 'target' in change ? (change.target ?? '') : change.path;

/** What is written outside the domain, with `name` taken out where it is told whose file it is. */
const hostFiles = (preview: Preview, name: string): string =>
  JSON.stringify(
    preview.changes.filter((change) => !isDomain(change)).map((change) => [change.kind, change.path, textOf(change)]),
  ).replaceAll(name, 'NAME');

/** Text goes into the domain or nowhere, and names (letters, digits and `._+-`) into comments and one path. */
const textFields = [
  'description',
  'devices[].rom',
  'guest.disk',
  'guest.cdrom',
  'guest.network',
  'guest.hypervVendorId',
  'guest.share[].dir',
  'guest.share[].tag',
];
/** The file, and the command with it. */
const tmpfiles = '/etc/tmpfiles.d/10-vfio-pilot-looking-glass.conf';

const isWhereItBelongs = ({field, value, preview}: Accepted): boolean => {
  if (textFields.includes(field)) return hostFiles(preview, 'sound') === hostFiles(baseline, 'sound');
  if (field === 'name')
    return (
      preview.plan.profile === value && preview.changes.every(({path}, index) => path === baseline.changes[index]?.path)
    );
  if (field === 'guest.lookingGlass.user') {
    const own = preview.changes.filter((change) => change.path.includes(tmpfiles));
    const line = `f /dev/shm/looking-glass 0660 ${String(value)} kvm -`;
    const others = preview.changes.filter((change) => !own.includes(change));
    return (
      own.length === 2 &&
      own.some((change) => textOf(change).split('\n')[1] === line) &&
      others.every(({path}) => baseline.changes.some((known) => known.path === path))
    );
  }
  return preview.changes.every(
    ({path}) =>
      baseline.changes.some((known) => known.path === path) ||
      (field === 'guest.name' && path === `/etc/libvirt/qemu/${String(value)}.xml`),
  );
};

const isPrintable = (text: string): boolean =>
  !/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029\ufeff\u{e0000}-\u{e007f}]/u.test(text);

/** What another value of a key can bring by its meaning: firmware, ROM, TPM, pinning, Hyper-V features. */
const ownTags =
  /^<\/?(?:os|source|firmware|feature|loader|nvram|rom|tpm|backend|numa|cell|distances|sibling|numatune|memory|memnode|memoryBacking|hugepages|page|iothreads|iothreadpin|vcpupin|emulatorpin|cputune|kvm|hidden|vendor_id|hyperv|clock|timer|relaxed|vapic|spinlocks|vpindex|runtime|synic|stimer|reset|frequencies|reenlightenment|tlbflush|ipi|evmcs|avic|cpu|topology|smm|features|metadata|boot|vcpu)(?: [\w-]+="")*\/?>$/;

/** Elements and attributes of each text as xmllint reads them, without any value. */
const skeletonsOf = (texts: readonly string[]): readonly string[] => {
  const files = texts.map((text, index) => {
    const file = join(directory, `${index}.xml`);
    writeFileSync(file, text);
    return file;
  });
  const {status, stdout, stderr} = spawnSync('xmllint', ['--nonet', '--c14n', ...files], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .split(/(?=<domain\b)/)
    .filter((text) => text.trim() !== '')
    .map((text) => text.replaceAll(/"[^"]*"/g, '""').replaceAll(/>[^<]+</g, '><'));
};

const accepted: Accepted[] = [];
const unplaced: string[] = [];
const unprintable: string[] = [];
let tried = 0;
const plain = {hasColor: false, hint: (text: string) => text};

for (const field of fields) {
  for (const [index, payload] of payloads.entries()) {
    for (const value of variants(payload, index)) {
      tried += 1;
      const {profile, findings} = decodeProfile(hostileProfile(field, value), 'hostile.yaml');
      if (profile !== null && (isNightly || accepted.filter((one) => one.field === field).length < bySize(25, 60, 0)))
        accepted.push({field, value, preview: previewChanges(facts, profile)});
      if (profile !== null) continue;
      if (
        findings.length === 0 ||
        findings.some(({at, severity}) => severity === 'blocker' && (at === undefined || at.line < 1 || at.column < 1))
      )
        unplaced.push(`${field}: ${JSON.stringify(value)}`);
      if (!isPrintable(describeFindings(findings, plain))) unprintable.push(`${field}: ${JSON.stringify(value)}`);
    }
  }
}

describe(`${payloads.length} payloads in each of ${fields.length} fields of a profile`, () => {
  it('are refused with file, line and column, or accepted as what they are', () => {
    expect(payloads.length).toBeGreaterThan(60);
    expect(fields.length).toBeGreaterThan(35);
    expect(unplaced).toEqual([]);
    expect(accepted.length).toBeGreaterThan(50);
    expect(tried).toBeGreaterThan(10_000);
  });

  it('bring no argument of the kernel, no file and no command that the profile without them does not bring', () => {
    expect(
      accepted.filter((one) => !isWhereItBelongs(one)).map(({field, value}) => `${field}: ${String(value)}`),
    ).toEqual([]);
  });

  it('show nothing on a terminal but text', () => {
    const shown = accepted.filter(({preview}) => !isPrintable(describePreview(preview, plain)));
    expect([...unprintable, ...shown.map(({field}) => field)]).toEqual([]);
  });

  const injections: string[] = [];
  const texts = (matches: (path: string) => boolean): readonly string[] => [
    ...new Set(accepted.flatMap(({preview}) => preview.changes.filter((change) => matches(change.path)).map(textOf))),
  ];

  it.skipIf(!has('xmllint', '--version'))(
    'leave the domain with the elements and attributes that it has without them (xmllint)',
    () => {
      const domains = [...new Set(accepted.flatMap(({preview}) => preview.changes.filter(isDomain).map(textOf)))];
      const skeletons = skeletonsOf(domains);
      const known = new Set(skeletonsOf(baseline.changes.filter(isDomain).map(textOf))[0]?.match(/<[^>]*>/g));
      for (const [index, skeleton] of skeletons.entries()) {
        const added = (skeleton.match(/<[^>]*>/g) ?? []).filter((tag) => !known.has(tag) && !ownTags.test(tag));
        if (added.length > 0) injections.push(`${domains[index]?.slice(0, 300)}: ${added.join(' ')}`);
      }
      expect(injections).toEqual([]);
      expect(domains.length).toBeGreaterThan(20);
    },
  );

  it.skipIf(!has('virsh', '--version'))(
    'are a domain that libvirt takes, or refuses, and never another one (virsh, test driver)',
    () => {
      const sample = accepted
        .filter(({field}) =>
          ['guest.disk', 'devices[].rom', 'guest.cdrom', 'guest.hypervVendorId', 'guest.share[].dir'].includes(field),
        )
        .filter((_, index, all) => index % Math.ceil(all.length / bySize(6, 12, 400)) === 0);
      for (const [index, {preview}] of sample.entries()) {
        const file = join(directory, `define-${index}.xml`);
        writeFileSync(file, preview.changes.filter(isDomain).map(textOf).join(''));
        const {stdout} = spawnSync('virsh', ['-c', 'test:///default', `define ${file}; dumpxml win10`], {
          encoding: 'utf8',
        });
        if (/qemu:commandline|<emulator>\/bin\/sh|device='lun'/.test(stdout)) injections.push(stdout);
      }
      expect(injections).toEqual([]);
    },
  );

  it.skipIf(!has('modprobe', '--version'))(
    'leave modprobe.d without a command, alias or blacklist (modprobe -c)',
    () => {
      for (const [index, text] of texts((path) => path.startsWith('/etc/modprobe.d/')).entries()) {
        const place = join(directory, `modprobe-${index}`);
        mkdirSync(place);
        writeFileSync(join(place, 'vfio-pilot.conf'), text);
        const {stdout} = spawnSync('modprobe', ['-C', place, '-c'], {encoding: 'utf8'});
        const own = (stdout.split('# End of configuration files')[0] ?? '')
          .split('\n')
          .filter((line) => /^(?:install|remove|alias|blacklist)/.test(line));
        if (own.length > 0) injections.push(own.join('\n'));
      }
      expect(injections).toEqual([]);
    },
  );

  it.skipIf(!has('dash', '-c', ':'))(
    'leave /etc/default/grub and the early script with the meaning that they have without them (dash)',
    () => {
      const assigned = (text: string): string => {
        const file = join(directory, 'grub');
        writeFileSync(file, text);
        return spawnSync(
          'dash',
          ['-c', `PATH=/nonexistent; . ${file}; echo "$GRUB_CMDLINE_LINUX|$GRUB_CMDLINE_LINUX_DEFAULT"`],
          {encoding: 'utf8'},
        ).stdout;
      };
      for (const text of texts((path) => path === '/etc/default/grub')) {
        const words = assigned(text)
          .trim()
          .split(/[ |]+/)
          .filter((word) => word !== '' && !assigned(String(facts.files['/etc/default/grub']?.text)).includes(word));
        if (words.some((word) => whyGuarded(word) !== null)) injections.push(words.join(' '));
      }
      for (const text of texts((path) => path.includes('init-top'))) {
        const file = join(directory, 'script');
        writeFileSync(file, text);
        if (spawnSync('dash', ['-n', file]).status !== 0) injections.push(text);
        if (
          text.replaceAll(/^#.*$/gm, '') !==
            String(baseline.changes.filter(({path}) => path.includes('init-top')).map(textOf)[0]).replaceAll(
              /^#.*$/gm,
              '',
            ) &&
          !/claim 0000:06:00\.[01] 0x[\da-f]{4} 0x[\da-f]{4} vfio-pci/.test(text)
        )
          injections.push(text);
      }
      expect(injections).toEqual([]);
    },
  );

  it.skipIf(!has('dash', '-c', ':'))(
    'leave a command that a person is told to type with the words that it should have (dash)',
    () => {
      const told = accepted.flatMap(({field, value, preview}) => {
        const command = preview.findings
          .map(({remedy}) => /(qemu-img create -f qcow2 .* 100G)/s.exec(remedy)?.[1])
          .find((text) => text !== undefined);
        return field === 'guest.disk' && value !== 'auto' && command !== undefined ? [{value, command}] : [];
      });
      const {stdout} = spawnSync(
        'dash',
        ['-c', told.map(({command}) => `set -- ${command}; printf '%s|%s\\n' "$#" "$5"`).join('\n')],
        {encoding: 'utf8', cwd: directory},
      );
      expect(told.length).toBeGreaterThan(10);
      expect(stdout.split('\n').slice(0, -1)).toEqual(told.map(({value}) => `6|${String(value)}`));
    },
  );

  it.skipIf(!has('systemd-analyze', '--version'))(
    'leave the unit with the commands that it has without them (systemd-analyze verify)',
    () => {
      const commands = (text: string): string =>
        text
          .split('\n')
          .filter((line) => /^\w+=/.test(line) && !line.startsWith('Description'))
          .map((line) => line.replaceAll(/\d+/g, 'N'))
          .join('\n');
      const units = texts((path) => path === '/etc/systemd/system/vfio-pilot-hugepages.service');
      const expected = commands(
        String(
          baseline.changes
            .filter(({path}) => path === '/etc/systemd/system/vfio-pilot-hugepages.service')
            .map(textOf)[0],
        ),
      );
      for (const text of units) if (commands(text) !== expected) injections.push(commands(text));
      const [unit] = units;
      if (unit !== undefined) {
        writeFileSync(join(directory, 'vfio-pilot-hugepages.service'), unit);
        const {stderr} = spawnSync('systemd-analyze', ['verify', join(directory, 'vfio-pilot-hugepages.service')], {
          encoding: 'utf8',
        });
        expect(stderr.split('\n').filter((line) => line.includes('vfio-pilot-hugepages.service:'))).toEqual([]);
      }
      expect(injections).toEqual([]);
    },
  );

  it.skipIf(!has('xmllint', '--version'))('would be seen by the oracles if they did inject (control)', () => {
    const [domain = ''] = baseline.changes.filter(isDomain).map(textOf);
    const [plain = ''] = skeletonsOf([domain]);
    const [skeleton = ''] = skeletonsOf([
      domain.replace(
        '</domain>',
        '<qemu:commandline xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"><qemu:arg value="y"/></qemu:commandline></domain>',
      ),
    ]);
    expect((skeleton.match(/<[^>]*>/g) ?? []).filter((tag) => !plain.includes(tag) && !ownTags.test(tag))).toContain(
      '<qemu:arg value="">',
    );
    expect(whyGuarded('init=/bin/sh')).not.toBeNull();
    expect(isPrintable('\u001b[2J')).toBe(false);
  });

  it('inject nothing, by the oracles that are installed here', () => {
    figure('G1 values', '≥ 1000 values', `${tried} values`);
    figure('G1 injections', '0 injections', `${injections.length} injections`);
    expect(injections).toEqual([]);
  });
});

describe('a guarded kernel argument', () => {
  it('is never accepted from a profile, by whatever key', () => {
    const keys = [
      ...fields,
      'kernel',
      'kernel.arguments',
      'kernelArguments',
      'host.kernelArguments',
      'cmdline',
      'host.cmdline',
      'boot.append',
    ];
    let setByProfile = 0;
    for (const argument of guardedArguments) {
      for (const key of keys) {
        for (const value of isNightly ? [argument, [argument], `quiet ${argument}`] : [argument]) {
          const {profile} = decodeProfile(hostileProfile(key, value), 'hostile.yaml');
          if (profile === null) continue;
          const {plan} = previewChanges(facts, profile);
          if (plan.kernelArguments.add.some(({text}) => whyGuarded(text) !== null || text === argument))
            setByProfile += 1;
        }
      }
    }
    figure('G4', '0 accepted', `${setByProfile} accepted`);
    expect(setByProfile).toBe(0);
  });

  it('is known as one, however it is spelled, and what is needed for passthrough is not', () => {
    expect(guardedArguments.filter((argument) => whyGuarded(argument) === null)).toEqual([]);
    expect(baseline.plan.kernelArguments.add.filter(({text}) => whyGuarded(text) !== null)).toEqual([]);
    expect(
      [
        'intel_iommu=on',
        'iommu=pt',
        'vfio-pci.ids=10de:1c81',
        'hugepages=0:6144,1:0',
        'isolcpus=managed_irq,domain,4-7',
        'kvm.ignore_msrs=1',
      ].map(whyGuarded),
    ).toEqual([null, null, null, null, null, null]);
  });

  it('that a decision came up with blocks the plan and is not in it', () => {
    const {context, findings} = contextOf(sampleFacts(), sampleProfile(), () => null);
    const kept = withoutGuarded(context, [
      {text: 'iommu=pt', because: ''},
      {text: 'init=/bin/sh', because: ''},
      {text: 'iommu=pt init=/bin/sh', because: ''},
    ]);
    expect(kept.map(({text}) => text)).toEqual(['iommu=pt']);
    expect(findings).toMatchObject([
      {code: 'kernel-argument-guarded', severity: 'blocker'},
      {code: 'kernel-argument-guarded', severity: 'blocker'},
    ]);
  });
});
