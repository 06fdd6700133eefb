import {describeTaken} from '../../describe-taken.ts';
import type {Artifact} from '../../../artifacts/artifact.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import {type DomainFacts, libvirtOf} from '../../../facts/virtualisation.ts';
import type {Finding} from '../../../findings/finding.ts';
import type {AssignedDevice, Plan} from '../../../plan/plan.ts';
import {kvmPlanOf} from '../kvm-plan.ts';
import {type DomainText, editDomain} from './edit-domain.ts';
import {renderNewDomain} from './new-domain.ts';

/** The guest's domain: the existing one edited, or a new one. Without an artifact, a finding says why. */
export const renderDomain = (
  facts: HostFacts,
  plan: Plan,
): {readonly artifacts: readonly Artifact[]; readonly findings: readonly Finding[]} => {
  const {guest} = plan;
  const domain = libvirtOf(facts).domains.find((one) => one.name === guest.name) ?? null;
  const result = guest.isNew ? renderNewDomain(plan, facts) : editExisting(facts, plan, domain);
  const running = domain?.isActive === true ? [runningGuest(domain)] : [];
  if (!result.ok) return {artifacts: [], findings: [...running, ...result.findings]};
  return {
    artifacts: [
      {
        kind: 'file',
        path: guest.path,
        text: result.xml,
        encoding: 'utf8',
        mode: 0o600,
        placing: 'first',
        by: facts.isLive ? 'registry' : 'writer',
        why: describeDomain(plan),
      },
    ],
    findings: [...running, ...result.findings],
  };
};

const editExisting = (facts: HostFacts, plan: Plan, domain: DomainFacts | null): DomainText => {
  const {path} = plan.guest;
  const file = facts.files[path];
  if (file?.encoding === 'latin1') return refuse(unreadable(path, 'is not UTF-8, as libvirt writes it'));
  const xml = domain?.xml ?? file?.text ?? null;
  return xml === null ? refuse(unreadable(path, 'could not be read')) : editDomain(xml, plan, facts, path);
};

const refuse = (finding: Finding): DomainText => ({ok: false, findings: [finding]});

const unreadable = (path: string, problem: string): Finding => ({
  code: 'guest-xml-unusable',
  severity: 'blocker',
  subject: path,
  message: `The guest's domain ${path} ${problem}, so it cannot be edited.`,
  remedy: 'Run as root; if the file is damaged, define the guest again with `virsh define`.',
});

const runningGuest = (domain: DomainFacts): Finding => ({
  code: 'guest-running',
  severity: 'warning',
  subject: domain.path,
  message: `The guest ${domain.name} is running; what changes in its definition takes effect when it is started next.`,
  remedy: 'Shut it down and start it again after applying (a reboot from inside is not enough).',
});

const nameOf = (assigned: AssignedDevice): string | null =>
  assigned.type === 'mediated-device'
    ? `${assigned.mdevType} of ${assigned.parent}`
    : assigned.type === 'usb'
      ? `the USB device ${assigned.id}`
      : assigned.type === 'pooled-function'
        ? `any free virtual function of ${assigned.of}`
        : assigned.address;

const describeDomain = (planned: Plan): readonly string[] => {
  const {guest, devices, pinning, memory} = kvmPlanOf(planned);
  const names = devices.flatMap(({assigned}) => nameOf(assigned) ?? []);
  return [
    ...(guest.isNew
      ? [
          `libvirt knows no guest ${guest.name} yet${guest.phase === 'run' ? '' : '; its plain VGA and local VNC screen are for the installation'}`,
        ]
      : []),
    guest.phase === 'install' && names.length > 0
      ? `in the phase install the guest goes without ${names.join(', ')}`
      : describeTaken(names),
    `${pinning.vcpus.length} vCPUs pinned${memory.nodes.length > 0 ? ` and the memory on node ${memory.nodes.join(', ')}` : ''}`,
  ];
};
