import type {ExporterEntry} from './exporter.ts';

/** Every program in whose words a plan can be said. */
export const exporters: readonly ExporterEntry[] = [
  {name: 'proxmox', load: async () => (await import('./proxmox/export-guest.ts')).exportGuest},
  {name: 'script', load: async () => (await import('./script/export-script.ts')).exportScript},
];
