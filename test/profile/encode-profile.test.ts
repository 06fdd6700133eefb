import type {PciAddress, PciId} from '../../src/facts/pci-address.ts';
import * as fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {defaultProfile} from '../../src/profile/defaults.ts';
import {encodeProfile} from '../../src/pipeline/profile-file.ts';
import type {Profile} from '../../src/profile/profile.ts';

const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, {nil: null});
const orAuto = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof(fc.constant('auto' as const), arbitrary);
const hex = (length: number) =>
  fc.string({unit: fc.constantFrom('0', '1', '4', '9', 'a', 'e', 'f'), minLength: length, maxLength: length});
const id = fc.tuple(hex(4), hex(4)).map(([vendor, device]): PciId => `${vendor}:${device}`);
const address = fc
  .tuple(fc.constantFrom('0000', '0001', '10000'), hex(2), fc.constantFrom('00', '1f', '0a'), fc.nat(7))
  .map(([domain, bus, slot, number]): PciAddress => `${domain}:${bus}:${slot}.${number}`);
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,62}$/);
const path = fc
  .string({
    unit: fc.constantFrom('a', ' ', '#', ':', "'", '"', 'é', '{', '/', '&', '*', '!', '\\'),
    minLength: 1,
    maxLength: 20,
  })
  .map((text) => `/${text}`);
const words = fc
  .string({unit: 'binary', minLength: 1, maxLength: 80})
  .filter((text) => !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|\ufffd/u.test(text));
const cpus = (minLength: number) => fc.array(fc.nat(8191), {minLength, maxLength: 12});
const device = fc.record({
  kind: fc.constant('function'),
  address,
  id: nullable(id),
  subsystem: nullable(id),
  upstream: nullable(fc.array(address, {minLength: 1, maxLength: 3})),
  rom: nullable(path),
});

const profile: fc.Arbitrary<Profile> = fc.integer({min: 1, max: 12}).chain((vcpus) =>
  fc.record({
    version: fc.constant(1 as const),
    name,
    description: nullable(words),
    devices: fc.uniqueArray(device, {minLength: 1, maxLength: 4, selector: (one) => one.address}),
    binding: fc.constantFrom('auto', 'address', 'ids', 'libvirt'),
    cpu: fc.record({
      vcpus: fc.constant(vcpus),
      node: orAuto(fc.nat(1023)),
      pins: orAuto(fc.array(fc.nat(8191), {minLength: vcpus, maxLength: vcpus})),
      emulator: orAuto(cpus(1)),
      iothreads: orAuto(cpus(0)),
      isolation: fc.constantFrom('auto', 'none', 'cgroup', 'boot'),
      pool: fc.constantFrom('none', 'own', 'credit', 'credit2'),
    }),
    memory: fc.record({
      sizeMiB: fc.integer({min: 64, max: 1_000_000}),
      hugepages: fc.constantFrom('auto', '2MiB', '1GiB', 'none'),
      allocation: fc.constantFrom('auto', 'boot', 'start'),
      node: orAuto(fc.nat(1023)),
      hostReserveMiB: orAuto(fc.nat(1_000_000)),
    }),
    guest: fc.record({
      name,
      domain: fc.constantFrom('auto', 'new', 'existing'),
      os: fc.constantFrom('windows-11', 'windows-10', 'linux', 'other'),
      firmware: fc.constantFrom('auto', 'uefi', 'uefi-secure', 'bios'),
      disk: orAuto(path),
      diskSizeMiB: nullable(fc.integer({min: 1024, max: 1_000_000})),
      diskFormat: fc.constantFrom('auto', 'qcow2', 'raw'),
      diskBus: fc.constantFrom('auto', 'virtio', 'sata'),
      diskPool: nullable(name),
      cdrom: nullable(path),
      drivers: nullable(path),
      phase: nullable(fc.constantFrom('install', 'prepare', 'run')),
      network: name,
      tpm: orAuto(fc.boolean()),
      hideHypervisor: orAuto(fc.boolean()),
      hypervVendorId: fc.stringMatching(/^[A-Za-z0-9 _.-]{1,12}$/),
      nvidiaDriver: fc.constantFrom('auto', 'before-r465', 'r465-or-newer'),
      hyperv: fc.oneof(fc.constantFrom('auto' as const, 'none' as const), fc.array(name, {minLength: 1, maxLength: 4})),
      evdev: fc.array(
        name.map((one) => `/dev/input/by-id/usb-${one}-event-kbd`),
        {maxLength: 3},
      ),
      evdevToggle: fc.constantFrom('ctrl-ctrl', 'scrolllock'),
      sound: fc.constantFrom('auto' as const, 'none' as const, 'spice' as const, 'pipewire' as const),
      soundRuntimeDir: nullable(fc.constant('/run/user/1000')),
      share: fc.array(fc.record({dir: fc.constant('/srv/share'), tag: fc.constantFrom('a', 'b.c')}), {maxLength: 2}),
      lookingGlass: nullable(
        fc.record({
          user: fc.constantFrom('alice', '_b.c-d'),
          resolution: nullable(fc.constant('2560x1440')),
          sizeMiB: nullable(fc.constant(64)),
          memory: fc.constantFrom('shm' as const, 'kvmfr' as const),
          release: fc.constantFrom('auto' as const, 'idd' as const, 'b7' as const),
          hdr: fc.boolean(),
        }),
      ),
      mapping: fc.boolean(),
      hookscript: fc.boolean(),
      numaCell: orAuto(fc.boolean()),
    }),
    host: fc.record({
      allowUnsafeInterrupts: fc.boolean(),
      acceptGroupMates: fc.array(address, {maxLength: 3}),
      acceptLossOf: fc.array(address, {maxLength: 3}),
      iommuPassthrough: fc.boolean(),
      ignoreMsrs: fc.boolean(),
      disableIdleD3: fc.boolean(),
    }),
  }),
);

describe('a written profile', () => {
  it('decodes to the same profile', () => {
    fc.assert(
      fc.property(profile, (original) => {
        const {profile: decoded, findings} = decodeProfile(encodeProfile(original), 'other-name.yaml');
        expect(findings).toEqual([]);
        expect(decoded).toEqual(original);
      }),
      {numRuns: 150},
    );
  });

  it('holds only what is required or chosen, with the names of the devices', () => {
    const original = defaultProfile({
      name: 'gaming',
      devices: [
        {
          kind: 'function',
          address: '0000:06:00.0',
          id: '10de:1c81',
          subsystem: null,
          upstream: ['0000:00:07.0'],
          rom: null,
        },
      ],
      vcpus: 8,
      memoryMiB: 12_288,
      guestName: 'win10',
    });
    const chosen: Profile = {
      ...original,
      cpu: {...original.cpu, pins: [0, 12, 2, 14, 4, 16, 6, 18]},
      host: {...original.host, allowUnsafeInterrupts: true},
    };
    expect(encodeProfile(chosen, {'0000:06:00.0': 'NVIDIA GP107 [GeForce GTX 1050]'})).toMatchInlineSnapshot(`
      "# A profile of vfio-pilot: what a guest gets and how the host is set up for it.
      # What is not here has its default; \`vfio-pilot profile schema\` lists every key.
      # See what it would change:  vfio-pilot plan FILE
      # Apply it:                  sudo vfio-pilot apply FILE

      version: 1
      name: gaming

      devices:
        # NVIDIA GP107 [GeForce GTX 1050]
        - address: 0000:06:00.0
          id: 10de:1c81
          upstream: [0000:00:07.0]

      cpu:
        vcpus: 8
        pins: [0, 12, 2, 14, 4, 16, 6, 18]

      memory:
        size: 12 GiB

      guest:
        name: win10

      host:
        allowUnsafeInterrupts: yes
      "
    `);
  });
});
