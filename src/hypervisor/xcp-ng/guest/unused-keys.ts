import type {Profile} from '../../../profile/profile.ts';
import type {UnusedKey} from '../../judge-unused-keys.ts';
import {keysWithoutEffect as keysUnderXen, unusedKeys as unusedUnderXen} from '../../xen/guest/unused-keys.ts';

/** What does not exist under Xen, and what XAPI keeps of a VM without this program. */
export const unusedKeys: readonly string[] = [
  ...unusedUnderXen,
  'cpu.pool',
  'guest.firmware',
  'guest.disk',
  'guest.cdrom',
  'guest.network',
];

/** Those that can be told from a default. */
export const keysWithoutEffect = (profile: Profile): readonly UnusedKey[] => {
  const {cpu, guest} = profile;
  const why = 'a VM of XCP-ng keeps what it has of it';
  return [
    ...keysUnderXen(profile, 'XAPI'),
    {subject: 'cpu.pool', isSet: cpu.pool !== 'none', why: 'XAPI keeps no pools of CPUs'},
    {subject: 'guest.disk', isSet: guest.disk !== 'auto', why},
    {subject: 'guest.cdrom', isSet: guest.cdrom !== null, why},
  ];
};
