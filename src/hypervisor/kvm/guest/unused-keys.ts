import type {Profile} from '../../../profile/profile.ts';
import type {UnusedKey} from '../../judge-unused-keys.ts';

export const unusedKeys = ['guest.mapping', 'guest.hookscript'] as const;

export const keysWithoutEffect = ({guest}: Profile): readonly UnusedKey[] => [
  {subject: 'guest.mapping', isSet: guest.mapping, why: 'resource mappings belong to Proxmox VE'},
  {
    subject: 'guest.diskPool',
    isSet: guest.diskPool !== null && guest.disk !== 'auto',
    why: 'guest.disk names the place of the image',
  },
  {subject: 'guest.hookscript', isSet: guest.hookscript, why: 'libvirt pins each vCPU without a script'},
];
