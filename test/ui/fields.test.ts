import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import type {WrittenProfile} from '../../src/profile/profile.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleHost, sampleServices} from './sample-services.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

afterEach(cleanup);

const {enter, escape, down, left, right, up} = keys;
const emptyField = '\u0015';
const to = (count: number): readonly string[] => Array.from({length: count}, () => enter);

const keeping = (overrides: Parameters<typeof sampleServices>[0] = {}) => {
  const saved: {profile: WrittenProfile; path: string}[] = [];
  const services = sampleServices({
    ...overrides,
    saveProfile: (profile, path) => (saved.push({profile, path}), {path}),
  });
  return {saved, wizard: openWizard(services)};
};

describe('the step that saves', () => {
  it('proposes a file named after the profile as it is typed', async () => {
    const {saved, wizard} = keeping();
    expect(await wizard.press(...to(6), down, emptyField, 'gaming')).toContain('/home/me/gaming.yaml');
    await wizard.press(down, 'For the evening', enter);
    expect(saved).toEqual([
      {
        path: '/home/me/gaming.yaml',
        profile: expect.objectContaining({name: 'gaming', description: 'For the evening'}),
      },
    ]);
  });

  it('keeps a file name that was typed when the name changes', async () => {
    const {saved, wizard} = keeping();
    await wizard.press(...to(6), down, down, down, emptyField, '/tmp/mine.yaml', up, up, '2', enter);
    expect(saved).toMatchObject([{path: '/tmp/mine.yaml', profile: {name: 'geforce-gtx-10502'}}]);
  });

  it.each(['two words', '.hidden', '', 'é', 'x'.repeat(64)])(
    'does not save under the name %j, and says what a name is',
    async (name) => {
      const {saved, wizard} = keeping();
      const frame = await wizard.press(...to(6), down, emptyField, name, enter);
      expect(frame).toContain('step 7 of 9');
      expect(frame).toMatch(/✗ (`.*` is not a\s+usable name\.\s+Use 1 to 63|Type a name)/s);
      expect(saved).toEqual([]);
    },
  );

  it('offers the file of a profile that was opened, until it gets another name', async () => {
    const profile = proposeProfile(sampleHost(), ['0000:06:00.0']);
    const {wizard} = keeping({savedProfiles: [{path: '/elsewhere/old.yaml', profile, text: ''}]});
    expect(await wizard.press(keys.escape, down, enter, ...to(6))).toContain('/elsewhere/old.yaml');
    expect(await wizard.press(down, 'x')).toContain('/home/me/geforce-gtx-1050x.yaml');
  });

  it('goes to the file name when the file can not be written', async () => {
    const wizard = openWizard(
      sampleServices({saveProfile: (_profile, path) => ({problem: `${path} exists already.`})}),
    );
    const frame = await wizard.press(...to(7));
    expect(frame).toContain('✗ Not saved: /home/me/geforce-gtx-1050.yaml exists already.');
    expect(frame).toMatch(/❯ File/);
  });
});

/** From the first field, upwards: sound, network, first start, drivers, ISO image, size. */
const toDisk = [up, up, up, up, up, up, up];

describe('picture, keyboard and mouse', () => {
  const downTo = (count: number): readonly string[] => Array.from({length: count}, () => down);

  it('asks who looks at Looking Glass, and how large, and takes nothing else', async () => {
    const {saved, wizard} = keeping();
    const screen = await wizard.press(...to(4), ...downTo(8));
    expect(screen).toMatch(/❯ Looking Glass/);
    expect(await wizard.press('alice', enter)).toMatch(/step 5 of 9.*✗ Type your user name/s);
    await wizard.press(emptyField, 'alice 2560x1440');
    await wizard.press(...to(3));
    expect(saved[0]?.profile.guest.lookingGlass).toEqual({
      user: 'alice',
      resolution: '2560x1440',
      sizeMiB: null,
      memory: 'shm',
      release: 'auto',
      hdr: false,
    });
  });

  it('takes kvmfr behind the size, and offers it where every kernel has the module', async () => {
    const base = sampleHost();
    const {builtin, modules} = base.kernel;
    const installed = [{release: '6.1', builtin, modules: [...(modules ?? []), 'kvmfr'], parameters: {}}];
    const {saved, wizard} = keeping({facts: {...base, kernel: {...base.kernel, installed}}});
    expect(await wizard.press(...to(4), ...downTo(8))).toMatch(/With kvmfr behind it/);
    await wizard.press(emptyField, 'alice 64 MiB kvmfr');
    await wizard.press(...to(3));
    expect(saved[0]?.profile.guest.lookingGlass).toMatchObject({sizeMiB: 64, resolution: null, memory: 'kvmfr'});
    const without = keeping();
    expect(await without.wizard.press(...to(4), ...downTo(8))).not.toMatch(/kvmfr/);
  });

  it('asks where sound plays, and takes the session that is there', async () => {
    const base = sampleHost();
    const facts = {...base, virtualisation: {...libvirtOf(base), pipeWireDirectories: ['/run/user/1000']}};
    const {saved, wizard} = keeping({facts});
    expect(await wizard.press(...to(4), up, left)).toMatch(/❯ Sound\s+‹ PipeWire ›/);
    expect(await wizard.press(down)).toMatch(/❯ PipeWire of\s+› \/run\/user\/1000/);
    await wizard.press(...to(3));
    expect(saved[0]?.profile.guest).toMatchObject({sound: 'pipewire', soundRuntimeDir: '/run/user/1000'});
  });

  it('asks for folders by tag, several with commas between them', async () => {
    const {saved, wizard} = keeping();
    expect(await wizard.press(...to(4), ...downTo(9))).toMatch(/❯ Shared folders/);
    expect(await wizard.press('nothing', enter)).toMatch(/step 5 of 9.*✗ Type a tag and a folder/s);
    await wizard.press(emptyField, 'share /srv/share, music /home/me/My Music');
    await wizard.press(...to(3));
    expect(saved[0]?.profile.guest.share).toEqual([
      {dir: '/srv/share', tag: 'share'},
      {dir: '/home/me/My Music', tag: 'music'},
    ]);
  });

  it('offers the keyboards and mice that this host has, with the keys to switch', async () => {
    const inputs = ['usb-One_Keyboard-event-kbd', 'usb-Two_Mouse-event-mouse'].map((name) => ({
      path: `/dev/input/by-id/${name}`,
      isKeyboard: name.endsWith('kbd'),
      controller: null,
      usbPort: null,
    }));
    const {saved, wizard} = keeping({facts: {...sampleFacts(), inputs}});
    expect(await wizard.press(...to(4), up, up, right)).toMatch(/❯ Keyboard\s+‹ One Keyboard ›/);
    expect(await wizard.press(down, right)).toMatch(/❯ Mouse\s+‹ Two Mouse ›/);
    expect(await wizard.press(down, right)).toMatch(/❯ Switch by\s+‹ both Alt keys ›/);
    await wizard.press(...to(3));
    expect(saved[0]?.profile.guest).toMatchObject({evdev: inputs.map(({path}) => path), evdevToggle: 'alt-alt'});
  });
});

describe('texts of the guest', () => {
  it('hold the step until they can stand in a profile', async () => {
    const {wizard} = keeping();
    expect(await wizard.press(...to(4), down, '/x', enter)).toMatch(/step 5 of 9.*✗ `win11\/x` is not a usable name/s);
    expect(await wizard.press(emptyField, 'gamer', enter)).toContain('step 6 of 9');
  });

  it('goes to the field that holds the step', async () => {
    const {wizard} = keeping();
    expect(await wizard.press(...to(4), down, '/x', down, enter)).toMatch(/❯ Name/);
  });

  it('shows a disk that is left to the plan as every other such choice, and takes a path or nothing', async () => {
    const {saved, wizard} = keeping();
    expect(await wizard.press(...to(4))).toMatch(/Disk image\s+automatic/);
    expect(await wizard.press(...toDisk)).toMatch(/❯ Disk image\s+› ▏/);
    expect(await wizard.press('/vm/a.img')).toContain('/vm/a.img▏');
    await wizard.press(enter, enter, enter);
    expect(saved).toMatchObject([{profile: {guest: {disk: '/vm/a.img'}}}]);
  });

  it('leaves the disk to the plan again when its path is taken away', async () => {
    const {saved, wizard} = keeping();
    await wizard.press(...to(4), ...toDisk, '/vm/a.img', emptyField, enter, enter, enter);
    expect(saved).toMatchObject([{profile: {guest: {disk: 'auto'}}}]);
  });

  it('makes a disk of the size that is typed, in GiB where no unit is, and refuses what is none', async () => {
    const {saved, wizard} = keeping();
    expect(await wizard.press(...to(4), ...toDisk, down)).toMatch(/❯ Disk size\s+‹ no disk is made ›/);
    expect(await wizard.press('12 MiB', enter)).toMatch(/step 5 of 9.*12 MiB is too little for a disk/s);
    expect(await wizard.press(escape, '100', down)).toMatch(/Disk size\s+100 GiB/);
    await wizard.press(...to(3));
    expect(saved).toMatchObject([{profile: {guest: {diskSizeMiB: 102_400}}}]);
  });

  it('makes no disk again where 0 is typed', async () => {
    const {saved, wizard} = keeping();
    expect(await wizard.press(...to(4), ...toDisk, down, right)).toContain('‹ 10 GiB ›');
    await wizard.press('0', enter, enter, enter);
    expect(saved).toMatchObject([{profile: {guest: {diskSizeMiB: null}}}]);
  });

  it('begins with the installation where that is chosen', async () => {
    const {saved, wizard} = keeping();
    expect(await wizard.press(...to(4), up, up, up, right)).toContain('❯ First start         ‹ installation ›');
    await wizard.press(...to(3));
    expect(saved).toMatchObject([{profile: {guest: {phase: 'install'}}}]);
  });
});

describe('the network of a new domain', () => {
  const withNetworks = (networks: readonly string[]) => {
    const host = sampleHost();
    return keeping({facts: {...host, virtualisation: {...libvirtOf(host), networks}}});
  };
  const toNetwork = [...to(4), up, up];

  it('is one of those that this host has, and the profile’s own is marked where it is not', async () => {
    const {saved, wizard} = withNetworks(['bridged', 'lab']);
    expect(await wizard.press(...toNetwork)).toContain('❯ Network             ‹ default (missing) ›');
    expect(await wizard.press(right)).toContain('‹ bridged ›');
    await wizard.press(...to(3));
    expect(saved[0]?.profile.guest.network).toBe('bridged');
  });

  it('is typed where none is known', async () => {
    const {saved, wizard} = withNetworks([]);
    await wizard.press(...toNetwork, emptyField, 'office');
    await wizard.press(...to(3));
    expect(saved[0]?.profile.guest.network).toBe('office');
  });
});
