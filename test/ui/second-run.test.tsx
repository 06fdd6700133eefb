import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {encodeProfile} from '../../src/pipeline/profile-file.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, down} = keys;
const proposed = proposeProfile(sampleHost(), ['0000:06:00.0']);
const openedWith = (profile: Profile, text = encodeProfile(profile, {})) => {
  const saved: {path: string; replaces: string | null; vcpus: number}[] = [];
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
