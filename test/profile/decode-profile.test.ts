import {describe, expect, it} from 'vitest';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {measureIn} from '../support/work.ts';

const minimal = `version: 1
name: small
devices:
  - address: 06:00.0
cpu:
  vcpus: 4
memory:
  size: 8 GiB
guest:
  name: win10
`;

const decode = (text: string) => decodeProfile(text, 'p.yaml');
/** `code line:column message remedy` of each finding. */
const said = (text: string): readonly string[] =>
  decode(text).findings.map(({code, at, message, remedy}) => `${code} ${at?.line}:${at?.column} ${message} ${remedy}`);

describe('a profile', () => {
  it('needs only devices, sizes and the guest’s name', () => {
    const {profile, findings} = decode(minimal);
    expect(findings).toEqual([]);
    expect(profile).toEqual({
      version: 1,
      name: 'small',
      description: null,
      devices: [{kind: 'function', address: '0000:06:00.0', id: null, subsystem: null, upstream: null, rom: null}],
      binding: 'auto',
      cpu: {vcpus: 4, node: 'auto', pins: 'auto', emulator: 'auto', iothreads: 'auto', isolation: 'auto', pool: 'none'},
      memory: {sizeMiB: 8192, hugepages: 'auto', allocation: 'auto', node: 'auto', hostReserveMiB: 'auto'},
      guest: {
        name: 'win10',
        domain: 'auto',
        os: 'other',
        firmware: 'auto',
        disk: 'auto',
        diskSizeMiB: null,
        diskFormat: 'auto',
        diskBus: 'auto',
        diskPool: null,
        cdrom: null,
        drivers: null,
        phase: null,
        network: 'default',
        tpm: 'auto',
        hideHypervisor: 'auto',
        hypervVendorId: 'auto',
        nvidiaDriver: 'auto',
        hyperv: 'auto',
        numaCell: 'auto',
        evdev: [],
        evdevToggle: 'ctrl-ctrl',
        lookingGlass: null,
        share: [],
        sound: 'auto',
        soundRuntimeDir: null,
        mapping: false,
        hookscript: false,
      },
      host: {
        allowUnsafeInterrupts: false,
        acceptGroupMates: [],
        acceptLossOf: [],
        iommuPassthrough: false,
        ignoreMsrs: false,
        disableIdleD3: false,
      },
    });
  });

  it('takes the file’s name where it has none', () => {
    expect(decodeProfile(minimal.replace('name: small\n', ''), '/x/my-card.yaml').profile?.name).toBe('my-card');
  });

  it.each([
    ['address', '0000:06:00.0', 'address: 0000:06:00.0'],
    ['upper case', '0000:0a:00.0', 'address: 0A:00.0'],
    ['a domain of five digits', '10000:e1:00.0', 'address: 10000:e1:00.0'],
    ['quotes', '0000:06:00.0', 'address: "06:00.0"'],
  ])('reads an address with %s', (_, expected, line) => {
    expect(decode(minimal.replace('address: 06:00.0', line)).profile?.devices[0]?.address).toBe(expected);
  });

  it('keeps an id that YAML would take for a number', () => {
    expect(
      decode(minimal.replace('06:00.0', '06:00.0\n    id: 8086:1521\n    subsystem: 10e1:0000')).profile?.devices[0],
    ).toMatchObject({id: '8086:1521', subsystem: '10e1:0000'});
  });

  it.each([
    ['a list', 'pins: [0, 12, 2, 14]', [0, 12, 2, 14]],
    ['a kernel list', 'pins: 0,12,2,14', [0, 12, 2, 14]],
    ['a range', 'pins: 4-7', [4, 5, 6, 7]],
    ['a map', 'pins: {1: 12, 0: 0, 3: 14, 2: 2}', [0, 12, 2, 14]],
    ['auto', 'pins: auto', 'auto'],
  ])('reads pins from %s', (_, line, pins) => {
    expect(decode(minimal.replace('vcpus: 4', `vcpus: 4\n  ${line}`)).profile?.cpu.pins).toEqual(pins);
  });

  it('tells no I/O threads from automatic ones', () => {
    expect(decode(minimal.replace('vcpus: 4', 'vcpus: 4\n  iothreads: []')).profile?.cpu.iothreads).toEqual([]);
  });

  it.each([
    ['12 GiB', 12_288],
    ['12GiB', 12_288],
    ['6144 MiB', 6144],
  ])('reads %s', (size, mebibytes) => {
    expect(decode(minimal.replace('8 GiB', size)).profile?.memory.sizeMiB).toBe(mebibytes);
  });

  it('says all that is wrong at once, with line and column', () => {
    const text = minimal
      .replace('vcpus: 4', 'vcpus: four')
      .replace('size: 8 GiB', 'size: 8\n  hugepage: 2MiB')
      .replace('name: win10', 'name: ../x');
    expect(said(text)).toEqual([
      'profile-bad-value 6:10 `four` is not a whole number from 1 to 4096. Write digits only, without a unit.',
      'profile-bad-value 8:9 `8` is not a size in GiB or MiB. Write a whole number and the unit, as in `12 GiB`.',
      'profile-unknown-key 9:3 `memory` has no key `hugepage`. Did you mean `hugepages`?',
      'profile-bad-value 11:9 `../x` is not a usable name in libvirt. Use 1 to 63 letters, digits, blanks and `._+-()[]@#&!=:`, with a letter or a digit first and no blank at the end.',
    ]);
  });

  it.each([
    ['an empty file', '', 'profile-missing-key 1:1 The file is empty.'],
    ['a comment only', '# nothing\n', 'profile-missing-key 1:1 The file is empty.'],
    ['a list', '- a\n', 'profile-wrong-type 1:1 The file is not a map of keys and values.'],
    ['a word', 'hello\n', 'profile-wrong-type 1:1 The file is not a map of keys and values.'],
    ['bytes', 'version: 1\nname: \0\u0001\n', 'profile-syntax 2:7 The file is not text'],
    [
      'tabs',
      'version: 1\ncpu:\n\tvcpus: 4\n',
      'profile-syntax 3:1 Tabs are not allowed as indentation. Indent with spaces.',
    ],
    [
      'two documents',
      `${minimal}---\n${minimal}`,
      'profile-syntax 11:1 The file holds more than one YAML document. Keep one profile per file',
    ],
    [
      'an alias',
      minimal.replace('vcpus: 4', 'vcpus: &n 4').replace('name: win10', 'name: *n'),
      'profile-syntax 10:9 Aliases (`*name`) are not used in profiles.',
    ],
    [
      'an unknown tag',
      minimal.replace('vcpus: 4', 'vcpus: !!int 4'),
      'profile-syntax 6:10 Unresolved tag: tag:yaml.org,2002:int. Remove the tag',
    ],
    ['an open bracket', minimal.replace('vcpus: 4', 'pins: [1, 2'), 'profile-syntax'],
    [
      'a key twice',
      minimal.replace('vcpus: 4', 'vcpus: 4\n  vcpus: 5'),
      'profile-duplicate-key 7:3 `vcpus` is written twice. Keep one of the two lines.',
    ],
    [
      '__proto__',
      `${minimal}__proto__:\n  polluted: yes\n`,
      'profile-unknown-key 11:1 The profile has no key `__proto__`.',
    ],
    ['a merge key', `${minimal}"<<": x\n`, 'profile-unknown-key 11:1 The profile has no key `<<`.'],
    [
      'a key of another section',
      minimal.replace('vcpus: 4', 'vcpus: 4\n  allowUnsafeInterrupts: yes'),
      'profile-unknown-key 7:3 `cpu` has no key `allowUnsafeInterrupts`. It belongs to `host`: move it there.',
    ],
    [
      'a key without a value',
      minimal.replace('vcpus: 4', 'vcpus:'),
      'profile-wrong-type 6:9 `cpu.vcpus` holds nothing where a whole number belongs.',
    ],
    ['a missing section', minimal.replace('cpu:\n  vcpus: 4\n', ''), 'profile-missing-key 1:1 `cpu` is missing'],
    [
      'no list of devices',
      minimal.replace('devices:\n  - address: 06:00.0', 'description: x'),
      'profile-missing-key 1:1 `devices` is missing',
    ],
    [
      'devices without an item',
      minimal.replace('devices:\n  - address: 06:00.0', 'devices:'),
      'profile-wrong-type 3:9 `devices` is not a list.',
    ],
    [
      'a device twice',
      minimal.replace('06:00.0', '06:00.0\n  - address: 0000:06:00.0'),
      'profile-bad-value 5:14 The device 0000:06:00.0 is listed twice.',
    ],
    ['a bad address', minimal.replace('06:00.0', '06:20.0'), 'profile-bad-value 4:14 `06:20.0` is not a PCI address.'],
    [
      'too few pins',
      minimal.replace('vcpus: 4', 'vcpus: 4\n  pins: [1, 2]'),
      'profile-bad-value 7:9 `cpu.pins` names 2 CPUs for 4 vCPUs.',
    ],
    [
      'a pin map with a gap',
      minimal.replace('vcpus: 4', 'vcpus: 2\n  pins: {0: 1, 2: 3}'),
      'profile-bad-value 7:9 `cpu.pins` does not name each vCPU',
    ],
    [
      'a word that is nearly right',
      minimal.replace('name: win10', 'name: win10\n  os: windows10'),
      'profile-bad-value 11:7 `windows10` is not one of windows-11, windows-10, linux, other. Did you mean `windows-10`?',
    ],
    [
      'a truth that is none',
      `${minimal}host:\n  ignoreMsrs: on\n`,
      'profile-bad-value 12:15 `on` is neither yes nor no.',
    ],
    [
      'a path that goes up',
      minimal.replace('name: win10', 'name: win10\n  disk: /images/../etc/shadow'),
      'profile-bad-value 11:9 `/images/../etc/shadow` is not a usable path.',
    ],
    [
      'a relative path',
      minimal.replace('name: win10', 'name: win10\n  cdrom: win.iso'),
      'profile-bad-value 11:10 `win.iso` is not a usable path.',
    ],
    [
      'a comma in a path',
      minimal.replace('name: win10', 'name: win10\n  cdrom: /a,b'),
      'profile-bad-value 11:10 `/a,b` is not a usable path.',
    ],
    [
      'a line break in the description',
      `${minimal}description: "a\\nb"\n`,
      'profile-bad-value 11:14 `a\\u000ab` is not one line of text.',
    ],
    [
      'a long vendor id',
      minimal.replace('name: win10', 'name: win10\n  hypervVendorId: more-than-twelve'),
      'profile-bad-value 11:19 `more-than-twelve` is not a usable Hyper-V vendor id.',
    ],
    [
      'another version',
      minimal.replace('version: 1', 'version: 3'),
      'profile-bad-value 1:10 `3` is not a version that this program reads.',
    ],
  ])('says what is wrong with %s', (_, text, start) => {
    const {profile, findings} = decode(text);
    expect(profile).toBeNull();
    expect(said(text)[0]?.slice(0, start.length)).toBe(start);
    expect(findings.every(({severity}) => severity === 'blocker')).toBe(true);
  });

  it.each([
    ['50 MB', 'a: 1\n'.repeat(10_000_000)],
    ['deep brackets', '['.repeat(200_000)],
    ['deep maps', Array.from({length: 700}, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
    [
      'many aliases',
      `a: &a [x,x,x,x,x,x,x,x]\n${Array.from({length: 8}, (_, index) => `${'bcdefghi'[index]}: &${'bcdefghi'[index]} [${`*${'abcdefgh'[index]},`.repeat(9)}]\n`).join('')}`,
    ],
    ['many keys', Array.from({length: 20_000}, (_, index) => `k${index}: 1\n`).join('')],
    ['one long word', `version: ${'9'.repeat(260_000)}`],
    ['many quotes', `version: ${'"\''.repeat(60_000)}`],
  ])('refuses %s with little work', (_, text) => {
    const {profile, findings} = decode(text);
    expect(profile).toBeNull();
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.length).toBeLessThanOrEqual(100);
    const inPlainProfiles = measureIn(() => decode(minimal));
    expect(inPlainProfiles(() => decode(text), 20_000)).toBeLessThan(20_000);
  });

  it('knows where each value is written, and the nearest place for one that is not', () => {
    const {positionOf} = decode(minimal);
    expect(positionOf('cpu.vcpus')).toEqual({file: 'p.yaml', line: 6, column: 10});
    expect(positionOf('memory.sizeMiB')).toEqual({file: 'p.yaml', line: 8, column: 9});
    expect(positionOf('devices[0].address')).toEqual({file: 'p.yaml', line: 4, column: 14});
    expect(positionOf('cpu.pins')).toEqual({file: 'p.yaml', line: 6, column: 3});
    expect(positionOf('nothing')).toBeNull();
  });
});
