import type {Profile} from '../../../profile/profile.ts';
import type {UnusedKey} from '../../judge-unused-keys.ts';

export const unusedKeys = ['cpu.pool', 'guest.mapping', 'guest.hookscript'] as const;

export const keysWithoutEffect = ({cpu, guest}: Profile): readonly UnusedKey[] => [
  {subject: 'cpu.pool', isSet: cpu.pool !== 'none', why: 'pools of CPUs belong to Xen'},
  {subject: 'guest.mapping', isSet: guest.mapping, why: 'resource mappings belong to Proxmox VE'},
  {
    subject: 'guest.diskPool',
    isSet: guest.diskPool !== null && guest.disk !== 'auto',
    why: 'guest.disk names the place of the image',
  },
  {subject: 'guest.hookscript', isSet: guest.hookscript, why: 'libvirt pins each vCPU without a script'},
];
