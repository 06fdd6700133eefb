import {
  byTag,
  flag,
  integer,
  listOf,
  literal,
  nullable,
  number,
  recordOf,
  shape,
  text,
  wordOf,
} from '../../decode/decode.ts';
import type {
  ClaimedFunction,
  ClaimedMediatedDevice,
  ClaimedOption,
  ClaimedPooledFunction,
  ClaimedVirtualFunction,
  GuestClaim,
  GuestFacts,
  PrintedClaims,
} from '../guest-claims.ts';
import {pciAddressText, pciIdText} from '../pci-address.ts';
import type {PciMapping} from '../../formats/qemu-server/pci-mapping.ts';
import type {
  DomainFacts,
  FirmwareImage,
  KvmFacts,
  ProxmoxFacts,
  ProxmoxGuest,
  ProxmoxOther,
  ProxmoxStorage,
  VirtualisationFacts,
  XapiFacts,
  XapiPusb,
  XapiVm,
  XapiVusb,
  XenCpu,
  XenFacts,
  XenGuest,
  XenInfo,
  XenNode,
  XenPool,
  XenVcpu,
} from '../virtualisation.ts';

const texts = listOf(text);
const integers = listOf(integer);
const addresses = listOf(pciAddressText);

type LibvirtDocument = Omit<KvmFacts, 'domains'> & {
  readonly domains: readonly Omit<DomainFacts, 'xml'>[];
};

export type VirtualisationDocument =
  | LibvirtDocument
  | (Omit<ProxmoxFacts, 'libvirt'> & {readonly libvirt: LibvirtDocument})
  | (Omit<XenFacts, 'libvirt'> & {readonly libvirt: LibvirtDocument});

/** The XML of a domain may hold passwords. */
const libvirtDocument = (libvirt: KvmFacts): LibvirtDocument => ({
  ...libvirt,
  domains: libvirt.domains.map(({xml: _xml, ...domain}) => domain),
});

export const virtualisationDocument = (facts: VirtualisationFacts): VirtualisationDocument =>
  facts.kind === 'kvm' ? libvirtDocument(facts) : {...facts, libvirt: libvirtDocument(facts.libvirt)};

const libvirtOfDocument = (document: LibvirtDocument): KvmFacts => ({
  ...document,
  domains: document.domains.map((domain) => ({...domain, xml: null})),
});

export const virtualisationOfDocument = (document: VirtualisationDocument): VirtualisationFacts =>
  document.kind === 'kvm' ? libvirtOfDocument(document) : {...document, libvirt: libvirtOfDocument(document.libvirt)};

const libvirtShape = shape<LibvirtDocument>({
  kind: literal('kvm'),
  version: nullable(text),
  qemuVersion: nullable(text),
  emulator: nullable(text),
  daemon: nullable(wordOf<'libvirtd' | 'virtqemud'>({libvirtd: true, virtqemud: true})),
  domainDirectory: text,
  domains: listOf(
    shape<Omit<DomainFacts, 'xml'>>({
      name: text,
      uuid: nullable(text),
      path: text,
      isActive: nullable(flag),
      isAutostart: flag,
    }),
  ),
  firmware: listOf(
    shape<FirmwareImage>({code: text, vars: nullable(text), hasSecureBoot: flag, hasEnrolledKeys: flag}),
  ),
  hasSwtpm: flag,
  hasSpice: nullable(flag),
  audioBackends: nullable(texts),
  pipeWireDirectories: nullable(texts),
  hasVirtiofsd: flag,
  hypervFeatures: nullable(texts),
  machines: nullable(texts),
  networks: texts,
  networkFunctions: recordOf(addresses),
  networkPools: recordOf(text),
  interfaceFunctions: recordOf(pciAddressText),
  pools: listOf(shape<KvmFacts['pools'][number]>({name: text, path: text})),
  autostartNetworks: texts,
});

export const virtualisationShape = byTag<'kind', VirtualisationDocument>('kind', {
  kvm: libvirtShape,
  proxmox: shape<Extract<VirtualisationDocument, {kind: 'proxmox'}>>({
    kind: literal('proxmox'),
    version: nullable(text),
    qemuServerVersion: nullable(text),
    node: nullable(text),
    nodes: texts,
    isQuorate: nullable(flag),
    guests: listOf(
      shape<ProxmoxGuest>({
        vmid: integer,
        name: nullable(text),
        path: text,
        hosts: texts,
        mediatedHosts: texts,
        memoryMiB: number,
        pageKiB: nullable(integer),
        perNodeMiB: recordOf(number),
        affinity: nullable(integers),
        disks: texts,
        startsAtBoot: flag,
        isHighlyAvailable: flag,
        snapshots: texts,
        isTemplate: flag,
        lock: nullable(text),
        isActive: nullable(flag),
        allowedCpus: nullable(integers),
        vcpuCpus: recordOf(integers),
      }),
    ),
    others: listOf(
      shape<ProxmoxOther>({
        vmid: integer,
        node: text,
        kind: wordOf<ProxmoxOther['kind']>({guest: true, container: true}),
        name: nullable(text),
      }),
    ),
    storages: listOf(
      shape<ProxmoxStorage>({name: text, type: text, holdsDisks: flag, content: texts, snippets: nullable(text)}),
    ),
    mappings: listOf(
      shape<PciMapping>({
        name: text,
        node: nullable(text),
        hosts: texts,
        id: nullable(text),
        subsystem: nullable(text),
        iommuGroup: nullable(integer),
      }),
    ),
    bridges: texts,
    libvirt: libvirtShape,
  }),
  xen: shape<Extract<VirtualisationDocument, {kind: 'xen'}>>({
    kind: literal('xen'),
    role: nullable(wordOf<'dom0' | 'guest'>({dom0: true, guest: true})),
    guestType: nullable(text),
    version: nullable(text),
    xapi: nullable(
      shape<XapiFacts>({
        product: text,
        version: nullable(text),
        hide: nullable(text),
        extraInterrupts: nullable(text),
        hosts: nullable(integer),
        host: nullable(text),
        vms: nullable(
          listOf(
            shape<XapiVm>({
              uuid: text,
              name: text,
              powerState: nullable(text),
              domainType: nullable(text),
              vcpus: nullable(integer),
              memoryMiB: nullable(integer),
              pci: nullable(text),
              mask: nullable(text),
              startsAtBoot: flag,
              isHighlyAvailable: flag,
            }),
          ),
        ),
        pusbs: nullable(listOf(shape<XapiPusb>({uuid: text, path: text, id: text, group: text, isEnabled: flag}))),
        vusbs: nullable(listOf(shape<XapiVusb>({uuid: text, vm: text, group: text}))),
      }),
    ),
    info: nullable(
      shape<XenInfo>({
        virtCaps: texts,
        totalMemoryMiB: nullable(integer),
        freeMemoryMiB: nullable(integer),
        commandLine: nullable(text),
        cpus: listOf(shape<XenCpu>({id: integer, core: integer, socket: integer, node: integer})),
        nodes: listOf(shape<XenNode>({id: integer, spanMiB: integer, freeMiB: integer, distances: nullable(integers)})),
        deviceNodes: nullable(recordOf(integer)),
      }),
    ),
    vcpus: nullable(
      listOf(
        shape<XenVcpu>({
          domain: text,
          domainId: integer,
          vcpu: integer,
          cpu: nullable(integer),
          hard: text,
          soft: text,
        }),
      ),
    ),
    assignable: nullable(addresses),
    pools: nullable(listOf(shape<XenPool>({name: text, cpus: integers}))),
    guests: listOf(
      shape<XenGuest>({
        name: text,
        path: text,
        problem: nullable(text),
        type: nullable(text),
        hosts: addresses,
        memoryMiB: number,
        pinnedCpus: integers,
        pool: nullable(text),
        disks: texts,
        startsAtBoot: flag,
        isActive: nullable(flag),
      }),
    ),
    bridges: texts,
    hasOvmf: flag,
    libvirt: libvirtShape,
  }),
});

const options = listOf(shape<ClaimedOption>({module: text, parameter: text, value: text}));

/** What an applied guest takes from the host, as `apply` records it. */
export const guestClaimShape = shape<GuestClaim>({
  guest: text,
  profile: text,
  functions: listOf(
    shape<ClaimedFunction>({
      address: pciAddressText,
      id: nullable(pciIdText),
      driver: text,
      bindBy: wordOf<ClaimedFunction['bindBy']>({address: true, ids: true, libvirt: true}),
      isAssigned: flag,
    }),
  ),
  virtualFunctions: listOf(
    shape<ClaimedVirtualFunction>({
      of: pciAddressText,
      index: integer,
      count: integer,
      id: nullable(pciIdText),
      address: nullable(pciAddressText),
      vgpu: nullable(shape<NonNullable<ClaimedVirtualFunction['vgpu']>>({name: text, mixedSizes: flag})),
    }),
  ),
  pooledFunctions: listOf(shape<ClaimedPooledFunction>({of: pciAddressText, count: integer})),
  mediatedDevices: listOf(
    shape<ClaimedMediatedDevice>({uuid: text, parent: text, type: text, vramMiB: nullable(integer)}),
  ),
  usbDevices: listOf(shape<GuestClaim['usbDevices'][number]>({id: text, port: nullable(text)})),
  kvmfr: nullable(shape<NonNullable<GuestClaim['kvmfr']>>({device: integer, sizeMiB: number, user: text})),
  moduleOptions: options,
  hugepages: nullable(
    shape<NonNullable<GuestClaim['hugepages']>>({
      sizeKiB: integer,
      perNode: recordOf(integer),
      takenAt: wordOf<'boot' | 'start'>({boot: true, start: true}),
    }),
  ),
  isolation: shape<GuestClaim['isolation']>({
    method: wordOf<GuestClaim['isolation']['method']>({none: true, cgroup: true, boot: true}),
    cpus: integers,
  }),
  kernelArguments: texts,
});

export const guestsShape = shape<GuestFacts>({
  recorded: listOf(guestClaimShape),
  printed: nullable(shape<PrintedClaims>({boundAtBoot: addresses, moduleOptions: options, takePagesAtStart: texts})),
});
