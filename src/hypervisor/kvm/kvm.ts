import {judgeOtherBoot} from './judge-other-boot.ts';
import {libvirtOf} from '../../facts/virtualisation.ts';
import {joinRendered} from '../../artifacts/rendered.ts';
import {judgeGroup} from '../../plan/device/judge-group.ts';
import {vfio} from '../../binding/vfio/vfio.ts';
import {domainUse} from '../../facts/domain-use.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Hypervisor} from '../hypervisor.ts';
import {kvmAbilities} from './abilities.ts';
import {checkKvmHost} from './checks.ts';
import {renderDomain} from './domain/render-domain.ts';
import {diskPath} from './guest/choose-disk.ts';
import {renderNewDisk} from './new-disk.ts';
import {chooseGuest} from './guest/choose-guest.ts';
import {chooseHandover} from './guest/choose-handover.ts';
import {guestTasks} from './guest/guest-tasks.ts';
import {unusedKeys} from './guest/unused-keys.ts';
import {judgeEmulator} from './guest/judge-emulator.ts';
import {renderHandoverHook} from './hooks/handover-hook.ts';
import {renderIsolationHook} from './hooks/isolation-hook.ts';
import {renderPagesHook} from './hooks/pages-hook.ts';
import {renderUsbHook} from './hooks/usb-hook.ts';
import {hookLogTag} from './hooks/libvirt-hook.ts';
import {kvmPlanOf} from './kvm-plan.ts';
import {renderHugepages} from './hugepages-units.ts';
import {cardPromises, judgeNetworkCards} from './networks/network-cards.ts';
import {networkRegistry} from './networks/network-registry.ts';
import {poolPromises, renderNetworkPools} from './networks/network-pools.ts';
import {renderLookingGlass} from './looking-glass/files.ts';
import {renderKvmfr} from './looking-glass/kvmfr-files.ts';
import {kvmfrModule} from './looking-glass/choose-kvmfr.ts';
import {bootPromises, kvmPromises} from './promises.ts';
import {libvirtRegistry, whyKept} from './registry.ts';
import {judgeGuestMemory} from '../judge-guest-memory.ts';
import {chooseIommu, choosePassthroughMode} from '../iommu-arguments.ts';

/** libvirt writes a new domain down with its own additions: once it knows the guest, an edit must find nothing to do. */
const withKnownGuest = (facts: HostFacts, plan: Plan): Plan =>
  plan.guest.isNew && libvirtOf(facts).domains.some(({name}) => name === plan.guest.name)
    ? {...plan, guest: {...plan.guest, isNew: false}}
    : plan;

/** QEMU under KVM, defined as domains of libvirt. */
export const kvm: Hypervisor = {
  kind: 'kvm',
  isHere: ({kernel, virtualisation}) => kernel.hypervisor !== 'xen' && virtualisation.kind === 'kvm',
  isScripted: false,
  can: kvmAbilities,
  binding: vfio,
  judgeTogether: judgeGroup,
  guests: (facts) =>
    libvirtOf(facts)
      .domains.filter(({xml}) => xml !== null)
      .map((domain) => ({name: domain.name, alias: null, use: domainUse(domain, libvirtOf(facts))})),
  argumentParts: (context, chosen) => ({
    kernel: [chooseIommu(context, chosen), choosePassthroughMode(context)],
    hypervisor: null,
  }),
  planHandover: chooseHandover,
  planGuest: chooseGuest,
  hostModules: (plan) => ((kvmPlanOf(plan).guest.lookingGlass?.kvmfrDevice ?? null) === null ? [] : [kvmfrModule]),
  judgeHost: (context, pinning, memory) => {
    judgeEmulator(context, pinning, memory);
    judgeGuestMemory(context, memory);
    judgeOtherBoot(context);
  },
  renderHost: (facts, plan) =>
    joinRendered([
      renderHugepages(facts, plan),
      renderHandoverHook(facts, plan),
      renderPagesHook(facts, plan),
      renderIsolationHook(facts, plan),
      renderUsbHook(facts, plan),
      renderNetworkPools(facts, plan),
      judgeNetworkCards(facts, plan),
      renderLookingGlass(facts, kvmPlanOf(plan)),
      renderKvmfr(facts, kvmPlanOf(plan)),
    ]),
  namedPaths: (facts, guest) => [
    diskPath(facts, guest),
    ...[guest.cdrom, guest.drivers].filter((path) => path !== null),
    ...guest.share.map(({dir}) => dir),
  ],
  renderGuest: (facts, plan) => joinRendered([renderDomain(facts, plan), renderNewDisk(plan)]),
  renderAppliedGuest: (facts, plan) => renderDomain(facts, withKnownGuest(facts, plan)),
  inPhase: (planned, phase) => {
    const plan = kvmPlanOf(planned);
    return {...plan, guest: {...plan.guest, phase, isNew: false, newDisk: null}};
  },
  logsOf: (guest) => ({journalTag: hookLogTag(guest), file: `/var/log/libvirt/qemu/${guest}.log`}),
  registry: libvirtRegistry,
  moreRegistries: [networkRegistry],
  whyInUse: whyKept,
  isGuestFile: (path) => path.startsWith('/etc/libvirt/qemu/'),
  world: (facts) => {
    const {version, qemuVersion, networks} = libvirtOf(facts);
    return {settings: {libvirt: version, QEMU: qemuVersion}, things: {'libvirt network': networks}};
  },
  describe: (facts) => {
    const {version, qemuVersion, domains} = libvirtOf(facts);
    return [
      'libvirt',
      `${version ?? 'unknown'}, QEMU ${qemuVersion ?? 'unknown'}, domains: ${domains.map(({name}) => name).join(', ') || 'none'}`,
    ];
  },
  promises: (facts, plan) => [...poolPromises(facts, plan), ...cardPromises(facts, plan), ...bootPromises(facts, plan)],
  startPromises: kvmPromises,
  nameMeaning: 'The name in libvirt and of the disk image.',
  checks: checkKvmHost,
  tasks: guestTasks,
  unusedKeys,
};
