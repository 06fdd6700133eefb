import {readValue} from '../../profile/codec.ts';
import type {ProfileGuest, ProfileLookingGlass, SharedFolder} from '../../profile/profile.ts';
import {absolutePath, shorten, userName} from '../../profile/scalars.ts';
import {placeOf, readText, type Section, type Tell, valueAt} from './reader.ts';

/** arcd gives every guest that much, whatever its resolution. */
const lookingGlassMiB = 128;

/** The window in which the guest is seen, and the folder that it shares. */
export const importPicture = (
  config: Section,
  home: string | null,
  tell: Tell,
): Pick<ProfileGuest, 'lookingGlass' | 'share'> => ({
  lookingGlass: importLookingGlass(config, home, tell),
  share: importShare(config, tell),
});

const importLookingGlass = (config: Section, home: string | null, tell: Tell): ProfileLookingGlass | null => {
  if (readText(config, 'introspect', tell) === 'none') return null;
  const at = valueAt(config, 'introspect') ?? config.node;
  tell('note', at, {
    message: 'The second shared memory, which arcd gives the guest for Scream (sound), is left out.',
    remedy:
      'A new guest has sound through the window of Looking Glass, where QEMU has SPICE. The card has its own, over HDMI or DisplayPort.',
  });
  const user = readValue(userName, home?.split('/').at(-1) ?? null);
  if (user !== null)
    return {user, resolution: null, sizeMiB: lookingGlassMiB, memory: 'shm', release: 'auto', hdr: false};
  tell('warning', at, {
    message: 'Who runs looking-glass-client is unknown, so guest.lookingGlass is left out.',
    remedy: `Import it again with the home of that user (--home /home/NAME), or write guest.lookingGlass.user and guest.lookingGlass.size: ${lookingGlassMiB} MiB.`,
  });
  return null;
};

const importShare = (config: Section, tell: Tell): readonly SharedFolder[] => {
  const directory = readText(config, 'shareddir', tell);
  if (directory === null) return [];
  const dir = readValue(absolutePath, directory);
  const at = placeOf(config, 'shareddir');
  if (dir === null) {
    tell('warning', at, {
      message: `shareddir is ${shorten(directory)}, which is no usable absolute path, so it is left out.`,
      remedy: 'Write the folder into guest.share of the profile.',
    });
    return [];
  }
  tell('note', at, {
    message: `arcd shows the guest ${shorten(directory, 200)} as a disk with FAT, which damages files when both sides write. Here it is shared by virtiofs, with the tag arcd.`,
    remedy: 'In the guest: mount -t virtiofs arcd /mnt; in Windows, WinFsp and the virtio-win guest tools.',
  });
  return [{dir, tag: 'arcd'}];
};
