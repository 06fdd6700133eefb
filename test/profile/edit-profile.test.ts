import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {decodeProfile, editProfile} from '../../src/pipeline/profile-file.ts';
import type {WrittenProfile} from '../../src/profile/profile.ts';

const directory = resolve(import.meta.dirname, '../../profiles');
const shipped = readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')] as const);

const profileOf = (text: string): WrittenProfile => {
  const {profile, findings} = decodeProfile(text, 'file.yaml');
  if (profile === null) throw new Error(findings.map(({message}) => message).join(' '));
  return profile;
};

/** Lines that are only in one of them, in order. */
const changedLines = (before: string, after: string): readonly string[] => {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
};

describe.each(shipped)('the file %s', (_, text) => {
  const profile = profileOf(text);

  it('keeps every byte when nothing is changed', () => {
    expect(editProfile(text, profile)).toBe(text);
  });

  it('keeps all but the lines of a changed, an added and a removed key', () => {
    const wanted: WrittenProfile = {
      ...profile,
      cpu: {...profile.cpu, isolation: profile.cpu.isolation === 'boot' ? 'auto' : 'boot'},
      guest: {...profile.guest, name: 'other-guest', phase: 'run'},
    };
    const edited = editProfile(text, wanted);
    expect(profileOf(edited)).toEqual(wanted);
    const lines = changedLines(text, edited).filter((line) => !/^[-+] *(?:isolation|name|phase):/.test(line));
    expect(lines).toEqual([]);
  });
});

const text = `# Mine.
version: 1
name: mine   # as the guest
devices:
  # The card.
  - {address: '0000:06:00.0', id: '10de:1c81'}
cpu:
    vcpus: 8   # four cores
    emulator: auto
    pins: [0, 12, 2, 14, 4, 16, 6, 18]

memory:
    size: 12 GiB

# The guest.
guest:
    name: win10
    os: "windows-10"
`;

describe('a file with its author’s own layout', () => {
  it.each([
    ['a number', {cpu: {vcpus: 4, pins: 'auto'}}, ['-    vcpus: 8   # four cores', '+    vcpus: 4   # four cores']],
    ['a text in quotes', {guest: {os: 'linux'}}, ['-    os: "windows-10"', '+    os: linux']],
    ['a default that is written out', {cpu: {emulator: [1, 2]}}, ['-    emulator: auto', '+    emulator: [1, 2]']],
    [
      'a section that was not there',
      {host: {allowUnsafeInterrupts: true}},
      ['+host:', '+  allowUnsafeInterrupts: yes'],
    ],
  ])('has %s changed where it is', (_, change, expected) => {
    const profile = profileOf(text);
    const wanted = Object.fromEntries(
      Object.entries(profile).map(([key, value]) => [
        key,
        key in change ? {...(value as object), ...(change as Record<string, object>)[key]} : value,
      ]),
    ) as WrittenProfile;
    const edited = editProfile(text, wanted);
    expect(profileOf(edited)).toEqual(wanted);
    expect(changedLines(text, edited).filter((line) => !line.includes('pins:'))).toEqual(expected);
    expect(edited.endsWith('\n')).toBe(true);
  });

  it('keeps the line ends of Windows', () => {
    const profile = profileOf(text);
    const edited = editProfile(text.replaceAll('\n', '\r\n'), {...profile, guest: {...profile.guest, phase: 'run'}});
    expect(edited.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(edited).toContain('    os: "windows-10"\r\n    phase: run\r\n');
  });

  it('is written anew where a section is on one line', () => {
    const inline = text.replace(/cpu:\n(?: +.*\n)+/, 'cpu: {vcpus: 8}\n');
    const profile = profileOf(inline);
    const wanted = {...profile, cpu: {...profile.cpu, vcpus: 6}};
    expect(profileOf(editProfile(inline, wanted))).toEqual(wanted);
  });
});
