import type {Profile} from '../../src/profile/profile.ts';

type Deep<T> = {
  readonly [K in keyof T]?: T[K] extends readonly unknown[] ? T[K] : T[K] extends object ? Partial<T[K]> : T[K];
};

/** A whole PCI function, of which nothing but the address is said unless `more` says it. */
export const sampleDevice = (
  address: string,
  more: {readonly id?: string | null; readonly rom?: string; readonly upstream?: readonly string[]} = {},
): Profile['devices'][number] => ({
  kind: 'function',
  address,
  id: null,
  subsystem: null,
  upstream: null,
  rom: null,
  ...more,
});

/** The GTX 1050 of `sampleFacts` for a Windows 10 guest of 8 vCPUs and 12 GiB. */
export const sampleProfile = (overrides: Deep<Profile> = {}): Profile => ({
  version: 1,
  name: 'sample',
  description: null,
  devices: overrides.devices ?? [
    sampleDevice('0000:06:00.0', {id: '10de:1c81'}),
    sampleDevice('0000:06:00.1', {id: '10de:0fb9'}),
  ],
  binding: overrides.binding ?? 'auto',
  cpu: {
    vcpus: 8,
    node: 'auto',
    pins: 'auto',
    emulator: 'auto',
    iothreads: 'auto',
    isolation: 'auto',
    pool: 'none',
    ...overrides.cpu,
  },
  memory: {
    sizeMiB: 12288,
    hugepages: '2MiB',
    allocation: 'auto',
    node: 'auto',
    hostReserveMiB: 'auto',
    ...overrides.memory,
  },
  guest: {
    name: 'win10',
    domain: 'auto',
    os: 'windows-10',
    firmware: 'auto',
    disk: 'auto',
    diskSizeMiB: null,
    diskFormat: 'auto',
    diskBus: 'auto',
    diskPool: null,
    cdrom: null,
    drivers: null,
    phase: null,
    network: 'default',
    evdev: [],
    evdevToggle: 'ctrl-ctrl',
    lookingGlass: null,
    share: [],
    sound: 'auto',
    soundRuntimeDir: null,
    tpm: 'auto',
    hideHypervisor: 'auto',
    hypervVendorId: 'auto',
    nvidiaDriver: 'auto',
    hyperv: 'auto',
    numaCell: 'auto',
    mapping: false,
    hookscript: false,
    ...overrides.guest,
  },
  host: {
    allowUnsafeInterrupts: false,
    acceptGroupMates: [],
    acceptLossOf: [],
    iommuPassthrough: false,
    ignoreMsrs: false,
    disableIdleD3: false,
    ...overrides.host,
  },
});
