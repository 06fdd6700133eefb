import type {HostFacts} from '../../facts/host-facts.ts';
import {kernelsOf, moduleState} from '../../facts/modules.ts';
import {readValue} from '../../profile/codec.ts';
import type {ProfileLookingGlass} from '../../profile/profile.ts';
import {memorySize, memoryText, resolution, userName} from '../../profile/scalars.ts';
import type {TextField} from './field.ts';

/** `alice 2560x1440`, or a size in place of the resolution, and `kvmfr` behind it. */
const parse = (text: string): Pick<ProfileLookingGlass, 'user' | 'resolution' | 'sizeMiB' | 'memory'> | null => {
  const [, first = '', rest = '', word] = /^(\S+)\s+(.+?)(?:\s+(kvmfr|shm))?$/.exec(text.trim()) ?? [];
  const user = readValue(userName, first);
  const picture = readValue(resolution, rest);
  const sizeMiB = picture === null ? readValue(memorySize(1), rest) : null;
  const memory = word === 'kvmfr' ? word : 'shm';
  return user === null || (picture === null && sizeMiB === null) ? null : {user, resolution: picture, sizeMiB, memory};
};

const render = ({user, resolution: picture, sizeMiB, memory}: ProfileLookingGlass): string =>
  `${user} ${picture ?? (sizeMiB === null ? '' : memoryText(sizeMiB))}${memory === 'shm' ? '' : ` ${memory}`}`.trim();

/** Only such a host can have its devices. */
const hasKvmfr = (facts: HostFacts): boolean =>
  kernelsOf(facts).every((kernel) => moduleState(kernel, 'kvmfr') === 'loadable');

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
  cost: ({facts}) =>
    `Shows the guest in a window of the host. Type who looks at it and the largest resolution: alice 2560x1440.${hasKvmfr(facts) ? ' With kvmfr behind it the picture goes through that module, which every kernel here has.' : ''} Leave it empty for a monitor at the card.`,
};
