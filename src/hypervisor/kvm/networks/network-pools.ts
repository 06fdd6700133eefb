import type {Artifact} from '../../../artifacts/artifact.ts';
import type {Rendered} from '../../../artifacts/rendered.ts';
import {joinRendered} from '../../../artifacts/rendered.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import type {Finding} from '../../../findings/finding.ts';
import type {PromiseResult} from '../../../findings/promise-result.ts';
import {element, renderFragment} from '../../../formats/xml/edit.ts';
import type {AssignedPooledFunction, Plan} from '../../../plan/plan.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import {networkDirectory} from './network-registry.ts';
import {poolName} from './pool-name.ts';

type Pool = Pick<AssignedPooledFunction, 'of' | 'interface'>;

/** One for each card: two networks of libvirt with the same virtual functions would give one of them to two guests. */
const poolsOf = ({devices}: Plan): readonly Pool[] => [
  ...new Map(
    devices.flatMap(({assigned}) =>
      assigned.type === 'pooled-function' ? [[assigned.of, {of: assigned.of, interface: assigned.interface}]] : [],
    ),
  ).values(),
];

/** A network of libvirt for each card that guests get any free virtual function of, where there is none yet. */
export const renderNetworkPools = (facts: HostFacts, plan: Plan): Rendered =>
  joinRendered(poolsOf(plan).map((pool) => renderPool(facts, pool)));

const renderPool = (facts: HostFacts, pool: Pool): Rendered => {
  const {networks, networkPools, autostartNetworks} = libvirtOf(facts);
  const name = poolName(facts, pool.interface);
  if (networkPools[name] === pool.interface)
    return {artifacts: [], findings: autostartNetworks.includes(name) ? [] : [notStarted(name, pool)]};
  if (networks.includes(name)) return {artifacts: [], findings: [nameTaken(name, pool)]};
  const path = `${networkDirectory}/${name}.xml`;
  const file: Artifact = {
    kind: 'file',
    path,
    text: networkText(name, pool.interface),
    encoding: 'utf8',
    mode: 0o600,
    placing: 'first',
    by: facts.isLive ? 'registry' : 'writer',
    why: [
      `libvirt gives each guest one of the virtual functions of ${pool.interface} (${pool.of}) that is free when it starts`,
      'all guests of the card share it',
    ],
  };
  // On the running system libvirt makes the link itself.
  if (facts.isLive) return {artifacts: [file], findings: []};
  const link: Artifact = {
    kind: 'symlink',
    path: `${networkDirectory}/autostart/${name}.xml`,
    target: path,
    why: ['libvirt starts the network with the host, as virsh net-autostart has it.'],
  };
  return {artifacts: [file, link], findings: []};
};

/** libvirt: formatnetwork, "Using an SR-IOV PF as a pool". */
const networkText = (name: string, card: string): string => {
  const network = element('network', {}, [
    element('name', {}, name),
    element('forward', {mode: 'hostdev', managed: 'yes'}, [
      element('driver', {name: 'vfio'}),
      element('pf', {dev: card}),
    ]),
  ]);
  return `${renderFragment(network, {lineEnding: '\n', quote: "'", indent: '  '}, '')}\n`;
};

const notStarted = (name: string, {of}: Pool): Finding => ({
  code: 'guest-network-inactive',
  severity: 'warning',
  subject: of,
  message: `libvirt does not start the network ${name} on its own, and the guest gets its virtual function from it.`,
  remedy: `Once: virsh net-autostart ${quoteForShell(name)}.`,
});

const nameTaken = (name: string, pool: Pool): Finding => ({
  code: 'vf-pool-name-taken',
  severity: 'blocker',
  subject: pool.of,
  message: `libvirt has a network ${name} already, and as far as can be read it does not give out the virtual functions of ${pool.interface}.`,
  remedy: `Run the command as root if you did not. Otherwise look at it (virsh net-dumpxml ${quoteForShell(name)}), and give that network another name.`,
});

/** After the boot: libvirt still has the network, and starts it. */
export const poolPromises = (facts: HostFacts, plan: Plan): readonly PromiseResult[] =>
  poolsOf(plan).map((pool): PromiseResult => {
    const {networkPools, autostartNetworks, networks} = libvirtOf(facts);
    const name = poolName(facts, pool.interface);
    const isThere = networkPools[name] === pool.interface;
    const isHidden = !isThere && networks.includes(name);
    const isKept = isThere && autostartNetworks.includes(name);
    return {
      id: 'vf-pool',
      status: isHidden ? 'unknown' : isKept ? 'kept' : 'broken',
      promise: `libvirt gives out the virtual functions of ${pool.interface} (${pool.of}) by the network ${name}.`,
      fact: isHidden
        ? 'Its definition can not be read.'
        : isKept
          ? 'It does, and starts the network with the host.'
          : isThere
            ? 'It does not start the network with the host.'
            : 'It has no such network.',
      remedy: isHidden
        ? 'Run verify as root.'
        : isKept
          ? null
          : isThere
            ? `virsh net-autostart ${quoteForShell(name)}, and virsh net-start ${quoteForShell(name)}.`
            : `Was the interface renamed? \`ls /sys/bus/pci/devices/${pool.of}/net\` shows its name; apply the profile again.`,
    };
  });
