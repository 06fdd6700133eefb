import type {PciAddress} from '../../src/facts/pci-address.ts';
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {basename, join} from 'node:path';
import * as fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {DmarTable, IvrsTable} from '../../src/facts/iommu.ts';
import type {PciFunction} from '../../src/facts/pci.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {parseDmar} from '../../src/host/pci/acpi-dmar.ts';
import {parseIvrs} from '../../src/host/pci/acpi-ivrs.ts';
import {readIommu} from '../../src/host/pci/iommu.ts';
import {readPci} from '../../src/host/pci/pci.ts';
import {openSource} from '../../src/system/source.ts';
import {machinesDirectory} from '../support/shared-data.ts';

type ExpectedDevice = {
  vendor: string;
  device: string;
  class: string;
  sv?: string;
  sd?: string;
  rev?: string;
  driver?: string;
  group?: number;
};
type ExpectedHost = {
  devices?: Record<string, ExpectedDevice>;
  groups?: Record<string, readonly string[]>;
  acpi?: {tables: readonly ExpectedTable[]};
};
type ExpectedUnit = {
  type: number;
  flags: number;
  segment: number;
  base?: number;
  rmrr_base: number;
  rmrr_end: number;
  devid: number;
  scopes: readonly {type: number; bus: number; path: readonly (readonly [number, number])[]}[];
};
type ExpectedTable = {
  sig: string;
  iasl?: {
    units?: readonly ExpectedUnit[];
    blocks?: readonly ExpectedUnit[];
    intr_remap: boolean | number;
    x2apic_opt_out: boolean | number;
    dma_ctrl_opt_in: boolean | number;
    host_address_width_bits: number;
  };
};

const machines = machinesDirectory();
const skipped = machines === null ? ' (skipped: the machines are not here)' : '';

const rootsOf = (): readonly string[] => {
  if (machines === null) return [];
  const roots = join(machines, 'roots');
  return readdirSync(roots)
    .flatMap((set) => readdirSync(join(roots, set)).map((name) => join(roots, set, name)))
    .filter((path) => statSync(path).isDirectory());
};

const expectedOf = (root: string): ExpectedHost | null => {
  if (!existsSync(`${root}.expected.json`)) return null;
  const host: ExpectedHost = JSON.parse(readFileSync(`${root}.expected.json`, 'utf8'));
  return host;
};

const readTree = (root: string) => {
  const notes: Finding[] = [];
  const source = openSource(root, null);
  const pci = readPci(source, (finding) => notes.push(finding));
  return {pci, iommu: readIommu(source, (finding) => notes.push(finding), pci), notes};
};

const differencesOf = (one: PciFunction | undefined, expected: ExpectedDevice): readonly string[] => {
  if (one === undefined) return ['is missing'];
  const isUnset = expected.sv === undefined || ['0000', 'ffff'].includes(expected.sv);
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['vendor', one.vendor, expected.vendor],
    ['device', one.device, expected.device],
    ['class', one.class, expected.class],
    ['subsystem', one.subsystem, isUnset ? null : `${expected.sv}:${expected.sd}`],
    ['driver', one.driver, expected.driver ?? null],
    ['group', one.iommuGroup, expected.group ?? null],
    ['revision', one.revision, expected.rev ?? one.revision],
  ];
  return pairs
    .filter(([, have, want]) => have !== want)
    .map(([name, have, want]) => `${name}: ${String(have)}, not ${String(want)}`);
};

describe.skipIf(machines === null)(`real machines${skipped}`, () => {
  const roots = rootsOf();
  const hosts = roots.map((root) => [root.split('/').slice(-2).join('/'), root, expectedOf(root)] as const);

  it.each(hosts.filter(([, , expected]) => expected?.devices !== undefined))(
    '%s: functions and groups as its source says',
    (_, root, expected) => {
      const {pci, iommu, notes} = readTree(root);
      const byAddress = new Map<string, (typeof pci)[number]>(pci.map((one) => [one.address, one]));
      const devices = Object.entries(expected?.devices ?? {});

      expect(
        devices.flatMap(([address, device]) =>
          differencesOf(byAddress.get(address), device).map((text) => `${address} ${text}`),
        ),
      ).toEqual([]);
      expect(pci).toHaveLength(devices.length);
      expect(Object.fromEntries(iommu.groups.map(({id, devices: members}) => [String(id), members]))).toEqual(
        sortedGroups(expected?.groups ?? {}),
      );
      expect(notes).toEqual([]);
    },
  );

  it('are all read without a crash, and none of them needs a note', () => {
    expect(roots.length).toBeGreaterThan(400);
    expect(roots.flatMap((root) => readTree(root).notes)).toEqual([]);
  });
});

const sortedGroups = (groups: Readonly<Record<string, readonly string[]>>): Record<string, readonly string[]> =>
  Object.fromEntries(Object.entries(groups).map(([id, members]) => [id, [...members].sort()]));

const hex64 = (value: number): string => `0x${value.toString(16).padStart(16, '0')}`;

const expectedDmar = ({iasl}: ExpectedTable): Omit<DmarTable, 'kind'> => ({
  hostAddressWidth: iasl?.host_address_width_bits ?? 0,
  interruptRemapping: Boolean(iasl?.intr_remap),
  x2apicOptOut: Boolean(iasl?.x2apic_opt_out),
  dmaOptIn: Boolean(iasl?.dma_ctrl_opt_in),
  units: (iasl?.units ?? [])
    .filter(({type}) => type === 0)
    .map((unit) => ({segment: unit.segment, base: hex64(unit.base ?? 0), includesAll: (unit.flags & 1) === 1})),
  regions: (iasl?.units ?? [])
    .filter(({type}) => type === 1)
    .map((unit) => ({start: hex64(unit.rmrr_base), end: hex64(unit.rmrr_end), devices: scopeAddresses(unit)})),
});

const scopeAddresses = ({segment, scopes}: ExpectedUnit): readonly PciAddress[] => [
  ...new Set(
    scopes
      .filter(({type, path}) => type <= 2 && path.length === 1)
      .flatMap(({bus, path}) => path.map(([slot, number]) => addressOf(segment, bus, slot, number))),
  ),
];

const addressOf = (segment: number, bus: number, slot: number, number: number): PciAddress =>
  `${segment.toString(16).padStart(4, '0')}:${bus.toString(16).padStart(2, '0')}:${slot.toString(16).padStart(2, '0')}.${number}`;

const expectedIvrsUnits = ({iasl}: ExpectedTable): IvrsTable['units'] => {
  // Old disassemblers do not know type 0x40 and give no base for it; the same unit stands there as type 0x10.
  const units = (iasl?.blocks ?? []).filter(({type, base}) => [0x10, 0x11, 0x40].includes(type) && base !== undefined);
  const byDevice = new Map(units.map((unit) => [`${unit.segment}/${unit.devid}`, unit]));
  return [...byDevice.values()].map(({segment, devid, base}) => ({
    address: addressOf(segment, devid >> 8, (devid >> 3) & 31, devid & 7),
    base: hex64(base ?? 0),
  }));
};

/** Several changed bytes may cancel out in the sum that guards the table. */
const isPatched = (bytes: Uint8Array): boolean => {
  if (bytes.length < 8) return false;
  // The length may be among what was altered.
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  return bytes.subarray(0, length).reduce((sum, byte) => (sum + byte) & 0xff, 0) === 0;
};

describe.skipIf(machines === null)(`firmware tables of real machines${skipped}`, () => {
  const tables = rootsOf().flatMap((root) =>
    (expectedOf(root)?.acpi?.tables ?? [])
      .filter(({sig, iasl}) => ['DMAR', 'IVRS'].includes(sig) && iasl !== undefined)
      .map((table) => ({
        table,
        name: basename(root),
        bytes: readFileSync(join(root, 'sys/firmware/acpi/tables', table.sig)),
      })),
  );
  const dmars = tables.filter(({table}) => table.sig === 'DMAR');
  const ivrses = tables.filter(({table}) => table.sig === 'IVRS');

  it.each(dmars)('$name: VT-d as Intel’s disassembler reads it', ({table, bytes}) => {
    expect(parseDmar(bytes, () => null)).toEqual({problems: [], table: {kind: 'dmar', ...expectedDmar(table)}});
  });

  it.each(ivrses)('$name: AMD-Vi as Intel’s disassembler reads it', ({table, bytes}) => {
    const {table: parsed, problems} = parseIvrs(bytes, []);

    expect(problems).toEqual([]);
    expect(parsed?.units).toEqual(expectedIvrsUnits(table));
  });

  it('never throw and never hang when they are cut or altered', () => {
    expect(dmars.length + ivrses.length).toBeGreaterThan(200);
    const damage = fc.record({
      which: fc.nat(tables.length - 1),
      length: fc.nat(2048),
      changes: fc.array(fc.tuple(fc.nat(2047), fc.nat(255)), {maxLength: 8}),
    });
    fc.assert(
      fc.property(damage, ({which, length, changes}) => {
        const original = tables[which]?.bytes ?? Buffer.alloc(0);
        const bytes = Uint8Array.from(original.subarray(0, length));
        for (const [offset, value] of changes) if (offset < bytes.length) bytes[offset] = value;
        const isWhole = Buffer.compare(bytes, original) === 0;
        const {problems} =
          original.toString('latin1', 0, 4) === 'DMAR' ? parseDmar(bytes, () => 1) : parseIvrs(bytes, []);
        expect(isWhole || problems.length > 0 || isPatched(bytes)).toBe(true);
      }),
      {numRuns: 2000},
    );
  });
});
