import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import type {FoundImage} from '../../src/host/images/find-images.ts';
import type {WrittenProfile} from '../../src/profile/profile.ts';
import type {FolderEntry, Looked} from '../../src/system/user-folder.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, escape, down, up, backspace} = keys;
const tab = '\t';
const emptyField = '\u0015';

const file = (isReadable = true): Looked => ({kind: 'file', sizeBytes: 6_000_000_000, isReadable});
const tree: Readonly<Record<string, Looked>> = {
  '/etc': {kind: 'folder'},
  '/dev/sr0': {kind: 'other'},
  '/srv/win.iso': file(),
  '/srv/notes.txt': file(),
  '/srv/secret.iso': file(false),
  '/root/a.iso': {kind: 'hidden'},
};
const folders: Readonly<Record<string, readonly FolderEntry[]>> = {
  '/srv/': [
    {name: '.trash', kind: 'folder'},
    {name: 'iso', kind: 'folder'},
    {name: 'linux-12.iso', kind: 'file'},
    {name: 'linux-13.iso', kind: 'file'},
    {name: 'linux.txt', kind: 'file'},
    {name: 'win.iso', kind: 'file'},
  ],
  '/home/me/': [{name: 'mine.yaml', kind: 'file'}],
};
const images: readonly FoundImage[] = [
  {path: '/srv/a.iso', kind: 'iso', sizeBytes: 5_368_709_120},
  {path: '/srv/b.iso', kind: 'iso', sizeBytes: 1_073_741_824},
  {path: '/srv/old.qcow2', kind: 'disk', sizeBytes: 1_073_741_824},
];

/** At the guest step, on the field with this label. */
const openAt = async (label: string, found: readonly FoundImage[] = images) => {
  const saved: WrittenProfile[] = [];
  const services = sampleServices({
    files: {
      findImages: () => Promise.resolve(found),
      list: (path) => Promise.resolve(folders[path] ?? null),
      lookAt: (path) => Promise.resolve(tree[path] ?? {kind: 'absent'}),
    },
    saveProfile: (profile, path) => (saved.push(profile), {path}),
  });
  const wizard = openWizard(services);
  await wizard.press(enter, enter, enter, enter);
  for (let row = 0; row < 20 && !focused(wizard.lines()).includes(label); row += 1) await wizard.press(down);
  expect(focused(wizard.lines())).toContain(label);
  return {wizard, saved};
};
const focused = (lines: readonly string[]): string => lines.find((row) => row.startsWith('❯')) ?? '';

describe('the field of the ISO image', () => {
  it.each([
    ['/etc', '/etc is a folder. Name a file in it.'],
    ['/dev/sr0', '/dev/sr0 is not a regular file.'],
    ['/srv/notes.txt', '/srv/notes.txt does not end in .iso.'],
    ['/srv/nothing.iso', '/srv/nothing.iso does not exist.'],
    ['/srv/secret.iso', 'You may not read /srv/secret.iso.'],
    ['/root/a.iso', 'You may not look at /root/a.iso.'],
  ])('refuses %s, says why, and keeps the old value', async (path, reason) => {
    const {wizard} = await openAt('ISO image');
    await wizard.press('/srv/win.iso', down, up);
    expect(await wizard.press(emptyField, path, enter)).toContain(`${reason} Esc keeps /srv/win.iso.`);
    expect(wizard.frame()).toContain('Guest');
    expect(focused(wizard.lines())).toContain(path);
    await wizard.press(escape);
    expect(focused(wizard.lines())).toMatch(/ISO image +› \/srv\/win\.iso▏/);
  });

  it('does not let the focus leave a path that is refused', async () => {
    const {wizard} = await openAt('ISO image');
    expect(await wizard.press('/etc', up)).toContain(
      '/etc is a folder. Name a file in it. Esc leaves the field empty.',
    );
    expect(focused(wizard.lines())).toContain('ISO image');
  });

  it('takes an image, goes on with the same Enter, and saves it', async () => {
    const {wizard, saved} = await openAt('ISO image');
    expect(await wizard.press('/srv/win.iso', enter)).toContain('Review');
    await wizard.press(enter, enter);
    expect(saved).toMatchObject([{guest: {cdrom: '/srv/win.iso'}}]);
  });

  it('is empty again after it was erased', async () => {
    const {wizard, saved} = await openAt('ISO image');
    await wizard.press('/srv/win.iso', down, up, emptyField, enter, enter, enter);
    expect(saved).toMatchObject([{guest: {cdrom: null}}]);
  });

  it('drops what is pasted after Enter, so that no line of it presses keys of the next step', async () => {
    const {wizard} = await openAt('ISO image');
    expect(await wizard.press('/srv/win.iso\r\r\r')).toContain('Review');
  });
});

describe('Tab in a path', () => {
  it('takes the images that were found one by one, and lists them with their sizes', async () => {
    const {wizard} = await openAt('ISO image');
    expect(wizard.frame()).toContain('Found on this host; Tab takes the next one:');
    expect(wizard.frame()).toContain('  /srv/a.iso  5 GiB');
    expect(wizard.frame()).not.toContain('old.qcow2');
    await wizard.press(tab);
    expect(focused(wizard.lines())).toContain('/srv/a.iso▏');
    await wizard.press(tab);
    expect(focused(wizard.lines())).toContain('/srv/b.iso▏');
    await wizard.press(tab);
    expect(focused(wizard.lines())).toContain('/srv/a.iso▏');
  });

  it('completes as far as the names agree, and lists those that go on', async () => {
    const {wizard} = await openAt('ISO image', []);
    await wizard.press('/srv/l', tab);
    expect(focused(wizard.lines())).toContain('/srv/linux-1▏');
    expect(wizard.frame()).toContain('2 names go on like this:');
    expect(wizard.frame()).toContain('  linux-12.iso');
    expect(wizard.frame()).not.toContain('linux.txt');
    await wizard.press('3', tab);
    expect(focused(wizard.lines())).toContain('/srv/linux-13.iso▏');
    await wizard.press(emptyField, '/srv/i', tab);
    expect(focused(wizard.lines())).toContain('/srv/iso/▏');
  });

  it('says when nothing goes on, when a folder cannot be listed, and when no image was found', async () => {
    const {wizard} = await openAt('ISO image', []);
    expect(await wizard.press(tab)).toContain('No image was found. Type the beginning of a path, then Tab.');
    expect(await wizard.press('/srv/x', tab)).toContain('No ISO image in /srv/ begins with "x".');
    expect(await wizard.press(emptyField, '/nowhere/x', tab)).toContain("/nowhere/ can't be listed.");
  });

  it('completes the file of the profile too', async () => {
    const {wizard} = await openAt('ISO image', []);
    await wizard.press(enter, enter, down, down, down, emptyField, '/home/me/m', tab);
    expect(focused(wizard.lines())).toContain('/home/me/mine.yaml▏');
    expect(await wizard.press(backspace)).toContain('/home/me/mine.yam▏');
  });
});

describe('the field of the disk image', () => {
  it('takes a file that is made later, and no folder', async () => {
    const {wizard, saved} = await openAt('Disk image');
    expect(await wizard.press('/etc', enter)).toContain('/etc is a folder. Name a file in it.');
    expect(await wizard.press(emptyField, '/srv/new.qcow2', enter)).toContain('Review');
    await wizard.press(enter, enter);
    expect(saved).toMatchObject([{guest: {disk: '/srv/new.qcow2'}}]);
  });
});
