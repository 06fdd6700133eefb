import type {ImporterEntry} from './importer.ts';

/** Every program whose guests can become profiles. */
export const importers: readonly ImporterEntry[] = [
  {
    name: 'libvirt',
    source: {name: 'NAME', isFile: false},
    hasHome: false,
    load: async () => (await import('./libvirt/import-domain.ts')).importDomain,
  },
  {
    name: 'proxmox',
    source: {name: 'VMID', isFile: false},
    hasHome: false,
    load: async () => (await import('./proxmox/import-guest.ts')).importGuest,
  },
  {
    name: 'arcd',
    source: {name: 'FILE', isFile: true},
    hasHome: true,
    load: async () => (await import('./arcd/import-config.ts')).importConfig,
  },
];
