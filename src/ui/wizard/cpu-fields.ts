import type {NumaNode} from '../../facts/memory.ts';
import type {Profile} from '../../profile/profile.ts';
import {rareCpuFields} from './rare-fields.ts';
import {
  always,
  type ChoiceField,
  type Field,
  type FieldContext,
  type FieldOption,
  type FieldValue,
  type NumberField,
} from './field.ts';

const onlineThreads = ({facts}: FieldContext): number => facts.cpu.cpus.filter((cpu) => cpu.online).length;

/** Vary by kind: an efficiency core has one thread where the others have two; the most common count is a good step. */
const threadsPerCore = ({facts}: FieldContext): number =>
  Math.max(1, ...facts.cpu.cpus.filter((cpu) => cpu.online).map((cpu) => cpu.siblings.length));

/** Pins were written for another count or another node: left as they are they would be wrong. */
const withFreshPins = (profile: Profile, cpu: Partial<Profile['cpu']>): Profile => {
  const isSame = Object.entries(cpu).every(([key, value]) => profile.cpu[key as keyof Profile['cpu']] === value);
  return isSame
    ? profile
    : {...profile, cpu: {...profile.cpu, pins: 'auto', emulator: 'auto', iothreads: 'auto', ...cpu}};
};

const vcpus: NumberField = {
  id: 'cpu.vcpus',
  kind: 'number',
  label: 'vCPUs',
  subjects: ['cpu.pins', 'cpu.vcpus'],
  resets: ['cpu.pins'],
  isShown: always,
  read: ({profile}) => profile.cpu.vcpus,
  step: threadsPerCore,
  range: (context) => [1, Math.max(1, onlineThreads(context))],
  parse: (text) => (/^\d+$/.test(text) ? Number(text) : {problem: `"${text}" is not a number of CPUs.`}),
  render: String,
  renderBriefly: String,
  write: (profile, value) => withFreshPins(profile, {vcpus: Number(value)}),
  cost: (context) => {
    const threads = threadsPerCore(context);
    const cores = Math.ceil(context.profile.cpu.vcpus / threads);
    const all = Math.round(onlineThreads(context) / threads);
    return threads > 1
      ? `Uses ${cores} of ${all} cores (${threads} threads each). Multiples of ${threads} make full use of each core.`
      : `Uses ${cores} of ${all} cores.`;
  },
};

const nodeLabel = (node: NumaNode): string => `node ${node.id}`;

export const nodeOptions = (context: FieldContext, auto: string): readonly FieldOption[] => [
  {value: 'auto', label: 'automatic', cost: auto},
  ...context.facts.nodes.map((node) => ({
    value: String(node.id),
    label: nodeLabel(node),
    cost: `Always ${nodeLabel(node)}. This fits this machine only.`,
  })),
];

const node: ChoiceField = {
  id: 'cpu.node',
  kind: 'choice',
  label: 'NUMA node',
  subjects: ['cpu.node'],
  resets: ['cpu.pins'],
  isShown: ({facts}) => facts.nodes.length > 1,
  options: (context) =>
    nodeOptions(context, 'The NUMA node that the card is attached to, so that no access crosses to another node.'),
  read: ({profile}) => String(profile.cpu.node),
  write: (profile, value) => withFreshPins(profile, {node: value === 'auto' ? 'auto' : Number(value)}),
};

/** CPUs that were picked on the map, as the draft keeps them: `2,14,4,16`. */
const pickedCpus = (value: FieldValue | undefined): readonly number[] | null =>
  typeof value === 'string' && /^\d+(?:,\d+)*$/.test(value) ? value.split(',').map(Number) : null;

export const pinsId = 'cpu.pins';

const pins: ChoiceField = {
  id: pinsId,
  kind: 'choice',
  label: 'CPU pinning',
  subjects: ['cpu.pins'],
  isShown: always,
  options: ({profile, edits}) => {
    const picked = pickedCpus(edits[pinsId]);
    const {pins: present} = profile.cpu;
    return [
      ...(picked === null ? [] : [{value: String(edits[pinsId]), label: `picked: ${picked.join(', ')}`, cost: byHand}]),
      ...(picked === null && present !== 'auto'
        ? [
            {
              value: 'as-written',
              label: 'as the profile says',
              cost: `The CPU numbers that the profile lists. ${byHand}`,
            },
          ]
        : []),
      {value: 'auto', label: 'automatic', cost: `Whole cores on the NUMA node of the card. ${byHand}`},
    ];
  },
  read: ({profile, edits}) =>
    pickedCpus(edits[pinsId]) === null ? (profile.cpu.pins === 'auto' ? 'auto' : 'as-written') : String(edits[pinsId]),
  write: (profile, value) => {
    const picked = pickedCpus(value);
    if (picked !== null) return withFreshPins(profile, {vcpus: picked.length, pins: picked});
    return value === 'auto' ? {...profile, cpu: {...profile.cpu, pins: 'auto'}} : profile;
  },
};

const byHand = 'Space opens the map, where you pick the cores.';

const iothreads: ChoiceField = {
  id: 'cpu.iothreads',
  kind: 'choice',
  label: 'I/O threads',
  subjects: ['cpu.iothreads'],
  isShown: always,
  options: ({edits, profile}) => [
    {
      value: 'auto',
      label: 'automatic',
      cost: 'Disk requests run on host CPUs of their own, not on those of the vCPUs.',
    },
    {
      value: 'none',
      label: 'none',
      cost: 'Disk requests run in QEMU’s main thread. This frees a host CPU, but disks are slower under load.',
    },
    ...(edits['cpu.iothreads'] === undefined && profile.cpu.iothreads !== 'auto' && profile.cpu.iothreads.length > 0
      ? [
          {
            value: 'as-written',
            label: profile.cpu.iothreads.join(', '),
            cost: 'The CPU numbers that the profile lists.',
          },
        ]
      : []),
  ],
  read: ({profile}) =>
    profile.cpu.iothreads === 'auto' ? 'auto' : profile.cpu.iothreads.length === 0 ? 'none' : 'as-written',
  write: (profile, value) =>
    value === 'as-written' ? profile : {...profile, cpu: {...profile.cpu, iothreads: value === 'none' ? [] : 'auto'}},
};

const isolation: ChoiceField = {
  id: 'cpu.isolation',
  kind: 'choice',
  label: 'Isolate cores',
  subjects: ['cpu.isolation'],
  isShown: always,
  options: () => [
    {value: 'auto', label: 'automatic', cost: 'While the guest runs (cgroup), where this host can.'},
    {
      value: 'cgroup',
      label: 'while the guest runs',
      cost: 'A libvirt hook moves host programs and interrupts off the guest’s cores when the guest starts, and back when it stops. Kernel threads stay.',
    },
    {
      value: 'boot',
      label: 'from boot on (isolcpus)',
      cost: 'The lowest latency. The host loses these cores even while the guest is off, and only a reboot gives them back.',
    },
    {
      value: 'none',
      label: 'no',
      cost: 'Host programs may run on the guest’s cores, so the guest can stutter when the host is busy.',
    },
  ],
  read: ({profile}) => profile.cpu.isolation,
  write: (profile, value) => ({...profile, cpu: {...profile.cpu, isolation: value as Profile['cpu']['isolation']}}),
};

const pool: ChoiceField = {
  id: 'cpu.pool',
  kind: 'choice',
  label: 'Pool of CPUs',
  subjects: ['cpu.pool'],
  isShown: always,
  options: () => [
    {value: 'none', label: 'no', cost: 'Other guests and dom0 may run on the guest’s cores, unless they are pinned.'},
    {
      value: 'own',
      label: 'of its own',
      cost: 'Nothing else runs on the guest’s cores, also while the guest is off. Made at each boot, with Xen’s own scheduler.',
    },
    {value: 'credit', label: 'of its own, with credit', cost: 'The same, with the scheduler credit.'},
    {value: 'credit2', label: 'of its own, with credit2', cost: 'The same, with the scheduler credit2.'},
  ],
  read: ({profile}) => profile.cpu.pool,
  write: (profile, value) => ({...profile, cpu: {...profile.cpu, pool: value as Profile['cpu']['pool']}}),
};

export const cpuFields: readonly Field[] = [vcpus, node, pins, iothreads, isolation, pool, ...rareCpuFields];
