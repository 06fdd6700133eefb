import {readValue} from '../../profile/codec.ts';
import type {SharedFolder} from '../../profile/profile.ts';
import {absolutePath, shareTag} from '../../profile/scalars.ts';
import type {TextField} from './field.ts';

/** `share /srv/share, music /home/me/music`: no path of a profile has a comma. */
const parse = (text: string): readonly SharedFolder[] | null => {
  if (text.trim() === '') return [];
  const found = text.split(',').map((part): SharedFolder | null => {
    const [, tag = '', dir = ''] = /^(\S+)\s+(\S.*)$/.exec(part.trim()) ?? [];
    const [readTag, readDir] = [readValue(shareTag, tag), readValue(absolutePath, dir)];
    return readTag === null || readDir === null ? null : {dir: readDir, tag: readTag};
  });
  return found.every((one) => one !== null) ? found : null;
};

const render = (share: readonly SharedFolder[]): string => share.map(({dir, tag}) => `${tag} ${dir}`).join(', ');

export const shareField: TextField = {
  id: 'guest.share',
  kind: 'text',
  label: 'Shared folders',
  subjects: ['guest.share'],
  isShown: () => true,
  whenEmpty: 'none',
  read: ({profile}) => render(profile.guest.share),
  refuse: (text) => (parse(text) === null ? 'Type a tag and a folder, such as: share /srv/share' : null),
  write: (profile, value) => ({
    ...profile,
    guest: {...profile.guest, share: parse(String(value)) ?? profile.guest.share},
  }),
  cost: () => 'Folders of the host that the guest mounts by a tag: share /srv/share. Separate several by commas.',
};
