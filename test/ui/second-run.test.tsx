import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {readHost} from '../../src/host/read-host.ts';
import {keepWritten} from '../../src/pipeline/keep-written.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {resolveProfile} from '../../src/pipeline/resolve-profile.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, down} = keys;
const proposed = proposeProfile(sampleHost(), ['0000:06:00.0']);
const openedWith = (profile: Profile, text = encodeProfile(profile, {})) => {
  const saved: {path: string; replaces: string | null; vcpus: unknown}[] = [];
  const services = sampleServices({
    savedProfiles: [{path: '/home/me/mine.yaml', profile, text}],
    saveProfile: ({cpu}, path, replaces) => {
      saved.push({path, replaces, vcpus: cpu.vcpus});
      return {path};
    },
  });
  return {wizard: openWizard(services, {isAtHome: true}), saved};
};
const toCpu = [down, enter, enter, enter] as const;
const toSave = [enter, enter, enter, enter] as const;

describe('a saved profile', () => {
  it('is edited and saved back with its diff, and the text that was opened is what it replaces', async () => {
    const profile = {...proposed, cpu: {...proposed.cpu, vcpus: 6}};
    const text = `# mine\n${encodeProfile(profile, {})}`;
    const {wizard, saved} = openedWith(profile, text);
    await wizard.press(...toCpu, '8', ...toSave);
    expect(wizard.frame()).toContain('Save the profile');
    expect(wizard.frame()).toContain('Changes in /home/me/mine.yaml; the old one is kept as');
    await wizard.press(keys.pageDown);
    const frame = `${wizard.frame()}${await wizard.press(keys.pageDown)}`;
    expect(frame).toContain('-  vcpus: 6');
    expect(frame).toContain('+  vcpus: 8');
    expect(await wizard.press(enter)).toContain('Apply');
    expect(saved).toEqual([{path: '/home/me/mine.yaml', replaces: text, vcpus: 8}]);
  });

  it('replaces nothing where nothing was changed, or under another name', async () => {
    const same = openedWith(proposed);
    await same.wizard.press(...toCpu, ...toSave);
    expect(same.wizard.frame()).not.toContain('Changes in');
    await same.wizard.press(enter);
    const other = openedWith(proposed);
    await other.wizard.press(...toCpu, '4', ...toSave, down, down, down, '\u0015', '/tmp/new.yaml', enter);
    expect([...same.saved, ...other.saved].map(({path, replaces}) => [path, replaces])).toEqual([
      ['/home/me/mine.yaml', null],
      ['/tmp/new.yaml', null],
    ]);
  });
});

describe('a profile with `match` and shares', () => {
  const facts = readHost(openSource(unpackHost('two-identical-cards'), null));
  const text = `version: 2
name: fleet
devices:
  - match: {id: 10de:2504, boot: no}
cpu: {vcpus: all but 2 cores}
memory: {size: all but 8 GiB}
guest: {name: win}
`;
  const path = '/home/me/fleet.yaml';
  const opened = () => {
    const written = decodeProfile(text, path).profile;
    if (written === null) throw new Error('The profile of this test has a mistake.');
    const saved: string[] = [];
    const services = sampleServices({
      facts,
      savedProfiles: [{path, profile: resolveProfile(facts, written).profile, text}],
      asWritten: (profile, openedPath) => (openedPath === path ? keepWritten(facts, written, profile) : profile),
      saveProfile: (profile, to) => (saved.push(encodeProfile(profile, {})), {path: to}),
    });
    return {wizard: openWizard(services, {isAtHome: true}), saved};
  };

  it('is saved with them, also after the same card was chosen and another thing was changed', async () => {
    const {wizard, saved} = opened();
    await wizard.press(...toCpu, enter, '9', enter, enter, enter);
    expect(wizard.frame()).toContain('Changes in /home/me/fleet.yaml');
    await wizard.press(enter);
    const [file = ''] = saved;
    expect(file).toContain('match:\n      id: 10de:2504\n      boot: no\n');
    expect(file).toContain('vcpus: all but 2 cores\n');
    expect(file).toContain('size: 9 GiB\n');
    expect(file).not.toContain('address:');
  });
});

describe('a profile whose card is not in this machine', () => {
  const moved = (address: '0000:41:00.0' | '0000:0a:03.1', id: string): Profile => {
    const [device] = proposed.devices;
    if (device === undefined) throw new Error('No device was proposed.');
    return {...proposed, devices: [{...device, address, id}]};
  };

  it.each([
    ['0000:41:00.0', '10de:1c81', '0000:06:00.0', 'This one has the same id.'],
    ['0000:0a:03.1', '10de:ffff', '0000:0a:03.0', 'This one is in the same slot.'],
    ['0000:41:00.0', '10de:ffff', '0000:06:00.0', 'This one is a graphics card too.'],
  ] as const)('%s (%s) asks for %s: %s', async (address, id, focused, reason) => {
    const {wizard} = openedWith(moved(address, id));
    await wizard.press(down, enter, enter);
    expect(wizard.lines().find((row) => row.startsWith('❯'))).toContain(focused);
    expect(wizard.frame().replaceAll(/\s+/g, ' ')).toContain(reason);
  });
});
