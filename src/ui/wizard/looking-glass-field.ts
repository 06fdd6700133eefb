import {readValue} from '../../profile/codec.ts';
import type {ProfileLookingGlass} from '../../profile/profile.ts';
import {memorySize, memoryText, resolution, userName} from '../../profile/scalars.ts';
import type {TextField} from './field.ts';

/** `alice 2560x1440`, or a size in place of the resolution. */
const parse = (text: string): Pick<ProfileLookingGlass, 'user' | 'resolution' | 'sizeMiB'> | null => {
  const [, first = '', rest = ''] = /^(\S+)\s+(.+)$/.exec(text.trim()) ?? [];
  const user = readValue(userName, first);
  const picture = readValue(resolution, rest);
  const sizeMiB = picture === null ? readValue(memorySize(1), rest) : null;
  return user === null || (picture === null && sizeMiB === null) ? null : {user, resolution: picture, sizeMiB};
};

const render = ({user, resolution: picture, sizeMiB}: ProfileLookingGlass): string =>
  `${user} ${picture ?? (sizeMiB === null ? '' : memoryText(sizeMiB))}`.trim();

/** Who looks, and at how large a picture; release and HDR stay as the file has them. */
export const lookingGlassField: TextField = {
  id: 'guest.lookingGlass',
  kind: 'text',
  label: 'Looking Glass',
  subjects: ['guest.lookingGlass'],
  isShown: () => true,
  whenEmpty: 'none',
  read: ({profile}) => (profile.guest.lookingGlass === null ? '' : render(profile.guest.lookingGlass)),
  refuse: (text) =>
    text === '' || parse(text) !== null
      ? null
      : 'Type your user name on the host and the largest resolution of the guest, such as: alice 2560x1440',
  write: (profile, value) => {
    const before = profile.guest.lookingGlass ?? {release: 'auto', hdr: false};
    if (value !== '' && profile.guest.lookingGlass !== null && render(profile.guest.lookingGlass) === value)
      return profile;
    const wanted = parse(String(value));
    return {
      ...profile,
      guest: {...profile.guest, lookingGlass: wanted === null ? null : {...before, ...wanted}},
    };
  },
  cost: () =>
    'Shows the guest in a window of the host. Type who looks at it and the largest resolution: alice 2560x1440. Leave it empty for a monitor at the card.',
};
