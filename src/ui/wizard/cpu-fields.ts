import type {NumaNode} from '../../host/facts.ts';
import type {Profile} from '../../profile/profile.ts';
import {always} from './field.ts';
import type {ChoiceField, Field, FieldContext, FieldOption, NumberField} from './field.ts';

const onlineThreads = ({facts}: FieldContext): number => facts.cpu.cpus.filter((cpu) => cpu.online).length;

/** Vary by kind: an efficiency core has one thread where the others have two; the most common count is a good step. */
const threadsPerCore = ({facts}: FieldContext): number =>
  Math.max(1, ...facts.cpu.cpus.filter((cpu) => cpu.online).map((cpu) => cpu.siblings.length));

/** Pins were written for another count or another node: left as they are they would be wrong. */
const withFreshPins = (profile: Profile, cpu: Partial<Profile['cpu']>): Profile => {
  const isSame = Object.entries(cpu).every(([key, value]) => profile.cpu[key as keyof Profile['cpu']] === value);
  return isSame ? profile : {...profile, cpu: {...profile.cpu, pins: 'auto', emulator: 'auto', iothreads: 'auto', ...cpu}};
};

const vcpus: NumberField = {
  id: 'cpu.vcpus',
  kind: 'number',
  label: 'vCPUs',
  subjects: ['cpu.pins', 'cpu.vcpus'],
  isShown: always,
  read: ({profile}) => profile.cpu.vcpus,
  step: threadsPerCore,
  range: (context) => [1, Math.max(1, onlineThreads(context))],
  parse: Number,
  render: String,
  write: (profile, value) => withFreshPins(profile, {vcpus: Number(value)}),
  cost: (context) => {
    const threads = threadsPerCore(context);
    const cores = Math.ceil(context.profile.cpu.vcpus / threads);
    return `The guest runs on ${cores} of ${Math.round(onlineThreads(context) / threads)} host cores${threads > 1 ? `; each core has ${threads} threads and goes as a whole, so steps of ${threads} waste nothing` : ''}.`;
  },
};

const nodeLabel = (node: NumaNode): string => `node ${node.id}`;

export const nodeOptions = (context: FieldContext, auto: string): readonly FieldOption[] => [
  {value: 'auto', label: 'auto', cost: auto},
  ...context.facts.nodes.map((node) => ({
    value: String(node.id),
    label: nodeLabel(node),
    cost: `Always ${nodeLabel(node)}: right on this machine, and not carried over to another one.`,
  })),
];

const node: ChoiceField = {
  id: 'cpu.node',
  kind: 'choice',
  label: 'Host node',
  subjects: ['cpu.node'],
  isShown: ({facts}) => facts.nodes.length > 1,
  options: (context) => nodeOptions(context, 'The node that the card is attached to: no access crosses the sockets.'),
  read: ({profile}) => String(profile.cpu.node),
  write: (profile, value) => withFreshPins(profile, {node: value === 'auto' ? 'auto' : Number(value)}),
};

const pins: ChoiceField = {
  id: 'cpu.pins',
  kind: 'choice',
  label: 'Pinning',
  subjects: ['cpu.pins'],
  isShown: ({profile, edits}) => profile.cpu.pins !== 'auto' || edits['cpu.pins'] === 'auto',
  options: () => [
    {value: 'as-written', label: 'as the profile says', cost: 'The CPU numbers that the profile lists.'},
    {value: 'auto', label: 'auto', cost: 'Chosen from this host: whole cores on the node of the card.'},
  ],
  read: ({profile}) => (profile.cpu.pins === 'auto' ? 'auto' : 'as-written'),
  write: (profile, value) => (value === 'auto' ? {...profile, cpu: {...profile.cpu, pins: 'auto'}} : profile),
};

const iothreads: ChoiceField = {
  id: 'cpu.iothreads',
  kind: 'choice',
  label: 'I/O threads',
  subjects: ['cpu.iothreads'],
  isShown: always,
  options: ({edits, profile}) => [
    {value: 'auto', label: 'auto', cost: 'Disk requests run on host CPUs of their own, beside the vCPUs.'},
    {value: 'none', label: 'none', cost: 'Disk requests run in QEMU’s main thread: one host CPU more is free, disks are slower under load.'},
    ...(edits['cpu.iothreads'] === undefined && profile.cpu.iothreads !== 'auto' && profile.cpu.iothreads.length > 0
      ? [{value: 'as-written', label: profile.cpu.iothreads.join(', '), cost: 'The CPU numbers that the profile lists.'}]
      : []),
  ],
  read: ({profile}) => (profile.cpu.iothreads === 'auto' ? 'auto' : profile.cpu.iothreads.length === 0 ? 'none' : 'as-written'),
  write: (profile, value) =>
    value === 'as-written' ? profile : {...profile, cpu: {...profile.cpu, iothreads: value === 'none' ? [] : 'auto'}},
};

const isolation: ChoiceField = {
  id: 'cpu.isolation',
  kind: 'choice',
  label: 'Kept free',
  subjects: ['cpu.isolation'],
  isShown: always,
  options: () => [
    {value: 'auto', label: 'auto', cost: 'By cgroup while the guest runs, where this host can.'},
    {value: 'cgroup', label: 'while it runs', cost: 'A hook of libvirt moves programs and interrupts of the host off the guest’s cores when it starts, and lets them back when it ends. Kernel threads stay.'},
    {value: 'boot', label: 'from boot on', cost: 'isolcpus= and its like: the quietest, but the cores are lost to the host also while the guest is off, the kernel balances no load on them, and only a reboot undoes it.'},
    {value: 'none', label: 'no', cost: 'Programs of the host may run on the guest’s cores: it stutters when the host is busy.'},
  ],
  read: ({profile}) => profile.cpu.isolation,
  write: (profile, value) => ({...profile, cpu: {...profile.cpu, isolation: value as Profile['cpu']['isolation']}}),
};

export const cpuFields: readonly Field[] = [vcpus, node, pins, iothreads, isolation];
