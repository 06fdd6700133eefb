import {
  type Check,
  flag,
  integer,
  listOf,
  literal,
  nullable,
  number,
  optional,
  recordOf,
  shape,
  text,
  textThat,
  wordOf,
} from '../../decode/decode.ts';
import type {FindingCode} from '../../findings/codes.ts';
import type {Finding, Severity} from '../../findings/finding.ts';
import type {ConfinementFacts} from '../confinement.ts';
import type {Cpu, CpuFacts, CpuKind} from '../cpu.ts';
import type {FileFacts} from '../files.ts';
import type {HostFacts} from '../host-facts.ts';
import type {InstalledKernel, IsolationFacts, KernelFacts, KernelLog} from '../kernel.ts';
import type {HugepagePool, MemoryFacts, NumaNode} from '../memory.ts';
import type {HostDisk, HostNeed} from '../needs.ts';
import type {PackageManager} from '../packages.ts';
import {pciAddressText} from '../pci-address.ts';
import type {KeyId, OutsideModule, ShimFacts, SigningCertificate, SigningFacts} from '../signing.ts';
import type {HostInput} from '../inputs.ts';
import type {SharedMemory} from '../shared-memory.ts';
import type {UsbClass, UsbDevice} from '../usb.ts';
import {bootShape} from './boot-shapes.ts';
import {
  guestsShape,
  type VirtualisationDocument,
  virtualisationDocument,
  virtualisationOfDocument,
  virtualisationShape,
} from './guest-shapes.ts';
import {iommuShape, mediatedShape, pciFunctionShape, romsShape} from './pci-shapes.ts';

/**
 * Facts as `facts --json` prints them: configuration files can hold secrets, so their texts are left out. So is what
 * one profile asks for.
 */
export type FactsDocument = Omit<HostFacts, 'files' | 'virtualisation' | 'namedFiles'> & {
  readonly files: Readonly<Record<string, Omit<FileFacts, 'text' | 'stamp'>>>;
  readonly virtualisation: VirtualisationDocument;
};

export const factsDocument = ({namedFiles: _named, ...host}: HostFacts): FactsDocument => ({
  ...host,
  files: Object.fromEntries(
    Object.entries(host.files).map(([path, {text: _text, stamp: _stamp, ...file}]) => [path, file]),
  ),
  virtualisation: virtualisationDocument(host.virtualisation),
});

/** Facts of a document that was printed elsewhere: its configuration files are known by their hashes only. */
export const factsOfDocument = (document: FactsDocument): HostFacts => ({
  ...document,
  files: Object.fromEntries(
    Object.entries(document.files).map(([path, file]) => [path, {...file, text: null, stamp: null}]),
  ),
  virtualisation: virtualisationOfDocument(document.virtualisation),
  namedFiles: {},
});

const texts = listOf(text);
const integers = listOf(integer);
const addresses = listOf(pciAddressText);

/** The codes are many, and more come: any word is one for who reads a document. */
export const findingCode = textThat((word): word is FindingCode => /^[a-z-]+$/.test(word), 'is no code of a finding');

export const findingShape = shape<Finding>({
  code: findingCode,
  severity: wordOf<Severity>({blocker: true, warning: true, note: true}),
  subject: text,
  at: optional(shape<NonNullable<Finding['at']>>({file: text, line: integer, column: integer})),
  message: text,
  remedy: text,
});

export const cpuShape = shape<CpuFacts>({
  vendor: nullable(text),
  model: nullable(text),
  architecture: nullable(text),
  virtualisation: nullable(wordOf<'vmx' | 'svm'>({vmx: true, svm: true})),
  flags: nullable(texts),
  physicalBits: nullable(integer),
  online: text,
  hybrid: flag,
  cpus: listOf(
    shape<Cpu>({
      id: integer,
      node: nullable(integer),
      package: nullable(integer),
      die: nullable(integer),
      core: nullable(integer),
      siblings: integers,
      l3: nullable(integers),
      l3KiB: nullable(number),
      kind: wordOf<CpuKind>({core: true, performance: true, efficiency: true}),
      online: flag,
    }),
  ),
});

export const nodeShape = shape<NumaNode>({
  id: integer,
  cpus: integers,
  memoryKiB: nullable(number),
  freeKiB: nullable(number),
  distances: nullable(integers),
  hugepages: listOf(shape<HugepagePool>({sizeKiB: integer, total: integer, free: integer})),
});

const memory = shape<MemoryFacts>({
  totalKiB: nullable(number),
  availableKiB: nullable(number),
  hugepageSizesKiB: integers,
  defaultHugepageKiB: nullable(integer),
  transparentHugepages: nullable(text),
  hugetlbfsMounts: listOf(shape<MemoryFacts['hugetlbfsMounts'][number]>({path: text, sizeKiB: nullable(integer)})),
});

const kernel = shape<KernelFacts>({
  release: nullable(text),
  version: nullable(shape<NonNullable<KernelFacts['version']>>({major: integer, minor: integer})),
  config: nullable(recordOf(text)),
  builtin: nullable(texts),
  modules: nullable(texts),
  loaded: nullable(texts),
  hasKvmDevice: flag,
  parameters: recordOf(text),
  hypervisor: nullable(text),
  xenImages: listOf(text),
  installed: listOf(
    shape<InstalledKernel>({
      release: text,
      builtin: nullable(texts),
      modules: nullable(texts),
      parameters: recordOf(texts),
    }),
  ),
  log: nullable(shape<KernelLog>({unknownArguments: texts, complaints: texts})),
});

const key = shape<KeyId>({serial: text, issuer: nullable(text)});

const signing = shape<SigningFacts>({
  isEnforced: nullable(flag),
  shim: shape<ShimFacts>({
    enrolled: nullable(listOf(key)),
    isUsed: nullable(flag),
    isValidationOff: flag,
    isWaiting: flag,
  }),
  certificates: listOf(shape<SigningCertificate>({path: text, key, isConfigured: flag})),
  modules: listOf(
    shape<OutsideModule>({
      kernel: text,
      name: text,
      path: text,
      dkms: nullable(text),
      isSigned: nullable(flag),
      key: nullable(key),
    }),
  ),
});

export const factsShape: Check<FactsDocument> = shape<FactsDocument>({
  version: literal(1),
  root: text,
  isLive: flag,
  isPrivileged: flag,
  isPortable: nullable(flag),
  packageManager: nullable(
    wordOf<PackageManager>({apt: true, dnf: true, pacman: true, zypper: true, 'rpm-ostree': true}),
  ),
  cpu: cpuShape,
  nodes: listOf(nodeShape),
  memory,
  pci: listOf(pciFunctionShape),
  mediated: mediatedShape,
  sharedMemory: nullable(
    listOf(shape<SharedMemory>({path: text, isFile: flag, bytes: number, mode: integer, gid: integer})),
  ),
  inputs: nullable(
    listOf(
      shape<HostInput>({
        path: text,
        isKeyboard: flag,
        controller: nullable(pciAddressText),
        usbPort: nullable(text),
      }),
    ),
  ),
  usb: listOf(
    shape<UsbDevice>({
      port: text,
      id: text,
      name: nullable(text),
      controller: nullable(pciAddressText),
      isKeyboard: flag,
      disks: texts,
      interfaces: texts,
      release: nullable(text),
      classes: nullable(listOf(shape<UsbClass>({class: text, subclass: text, protocol: text}))),
    }),
  ),
  iommu: iommuShape,
  boot: bootShape,
  kernel,
  signing,
  virtualisation: virtualisationShape,
  isolation: shape<IsolationFacts>({
    cgroupControllers: nullable(texts),
    systemdVersion: nullable(text),
    hasIrqbalance: flag,
    isolatedCpus: nullable(integers),
  }),
  confinement: shape<ConfinementFacts>({
    hasAppArmor: flag,
    seLinux: nullable(wordOf<'enforcing' | 'permissive'>({enforcing: true, permissive: true})),
  }),
  guests: guestsShape,
  needs: listOf(
    shape<HostNeed>({
      address: pciAddressText,
      kind: wordOf<HostNeed['kind']>({
        root: true,
        boot: true,
        esp: true,
        swap: true,
        data: true,
        network: true,
        route: true,
        display: true,
        console: true,
        keyboard: true,
      }),
      chain: text,
      spares: addresses,
    }),
  ),
  files: recordOf(
    shape<Omit<FileFacts, 'text' | 'stamp'>>({
      path: text,
      state: wordOf<FileFacts['state']>({file: true, symlink: true, directory: true, other: true, denied: true}),
      encoding: wordOf<FileFacts['encoding']>({utf8: true, latin1: true}),
      target: nullable(text),
      sha256: nullable(text),
      mode: integer,
      uid: integer,
      gid: integer,
    }),
  ),
  notes: listOf(findingShape),
  hostDisks: listOf(shape<HostDisk>({paths: texts, use: text})),
  roms: romsShape,
});
