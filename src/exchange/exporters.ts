import type {ExporterEntry} from './exporter.ts';

/** Every program in whose words a plan can be said. */
export const exporters: readonly ExporterEntry[] = [
  {name: 'proxmox', isProven: true, load: async () => (await import('./proxmox/export-guest.ts')).exportGuest},
  {name: 'script', isProven: true, load: async () => (await import('./script/export-script.ts')).exportScript},
  {name: 'nixos', isProven: true, load: async () => (await import('./nixos/export-nixos.ts')).exportNixos},
  {name: 'kubevirt', isProven: true, load: async () => (await import('./kubevirt/export-kubevirt.ts')).exportKubevirt},
  {
    name: 'machineconfig',
    isProven: true,
    load: async () => (await import('./machineconfig/export-machineconfig.ts')).exportMachineconfig,
  },
  {name: 'talos', isProven: false, load: async () => (await import('./talos/export-talos.ts')).exportTalos},
  {name: 'nova', isProven: false, load: async () => (await import('./nova/export-nova.ts')).exportNova},
];
