import type {Profile} from '../../profile/profile.ts';
import {nodeOptions} from './cpu-fields.ts';
import {exactMiB, parseMiB, renderMiB} from './size-text.ts';
import {always, type ChoiceField, type Field, type FieldContext, type FieldOption, type NumberField} from './field.ts';

const withMemory = (profile: Profile, memory: Partial<Profile['memory']>): Profile => ({
  ...profile,
  memory: {...profile.memory, ...memory},
});

const hostMiB = ({facts}: FieldContext): number =>
  Math.max(1024, Math.floor((facts.memory.totalKiB ?? 1024 * 1024 * 1024) / 1024));

const size: NumberField = {
  id: 'memory.sizeMiB',
  kind: 'number',
  label: 'Guest memory',
  subjects: ['memory.size'],
  isShown: always,
  read: ({profile}) => profile.memory.sizeMiB,
  step: () => 1024,
  range: (context) => [512, hostMiB(context)],
  parse: parseMiB,
  render: renderMiB,
  renderBriefly: exactMiB,
  write: (profile, value) => withMemory(profile, {sizeMiB: Number(value)}),
  cost: () =>
    'All of it stays in RAM while the guest runs, because the card can write anywhere in it. Type a size, for example 12, 15.5 or 6144 MiB; a number below 1024 means GiB.',
};

const pageOptions = ({facts}: FieldContext): readonly FieldOption[] => {
  const hasGigabyte = facts.cpu.flags?.includes('pdpe1gb') ?? true;
  return [
    {value: 'auto', label: 'automatic', cost: 'Hugepages of the size that fits.'},
    {value: '2MiB', label: '2 MiB', cost: 'Faster memory access than with ordinary pages.'},
    ...(hasGigabyte
      ? [
          {
            value: '1GiB',
            label: '1 GiB',
            cost: 'The fastest. Each page needs 1 GiB in one piece, which is hardly ever free except at boot.',
          },
        ]
      : []),
    {
      value: 'none',
      label: 'none',
      cost: 'Ordinary pages. Nothing is reserved at boot, but the guest is a few percent slower in memory-heavy work.',
    },
  ];
};

const pages: ChoiceField = {
  id: 'memory.hugepages',
  kind: 'choice',
  label: 'Hugepages',
  subjects: ['memory.hugepages'],
  isShown: always,
  options: pageOptions,
  read: ({profile}) => profile.memory.hugepages,
  write: (profile, value) => withMemory(profile, {hugepages: value as Profile['memory']['hugepages']}),
};

const allocation: ChoiceField = {
  id: 'memory.allocation',
  kind: 'choice',
  label: 'Reserve memory',
  subjects: ['memory.allocation'],
  isShown: ({profile}) => profile.memory.hugepages !== 'none',
  options: () => [
    {value: 'auto', label: 'automatic', cost: 'When the host boots.'},
    {
      value: 'boot',
      label: 'at boot',
      cost: 'All pages are free then. The host loses them even while the guest is off.',
    },
    {
      value: 'start',
      label: 'when the guest starts',
      cost: 'A libvirt hook takes the pages when the guest starts and gives them back when it stops. If the host’s memory is too fragmented by then, the guest does not start.',
    },
  ],
  read: ({profile}) => profile.memory.allocation,
  write: (profile, value) => withMemory(profile, {allocation: value as Profile['memory']['allocation']}),
};

const node: ChoiceField = {
  id: 'memory.node',
  kind: 'choice',
  label: 'NUMA node',
  subjects: ['memory.node'],
  isShown: ({facts}) => facts.nodes.length > 1,
  options: (context) =>
    nodeOptions(context, 'The NUMA node that the vCPUs run on, so that no access crosses to another node.'),
  read: ({profile}) => String(profile.memory.node),
  write: (profile, value) => withMemory(profile, {node: value === 'auto' ? 'auto' : Number(value)}),
};

const reserves = [512, 1024, 2048, 3072, 4096, 6144, 8192, 16384];

const reserve: ChoiceField = {
  id: 'memory.hostReserveMiB',
  kind: 'choice',
  label: 'Leave to the host',
  subjects: ['memory.hostReserve'],
  isShown: always,
  options: ({profile}) => {
    const written = profile.memory.hostReserveMiB;
    const sizes =
      written === 'auto' || reserves.includes(written) ? reserves : [...reserves, written].sort((a, b) => a - b);
    return [
      {value: 'auto', label: 'automatic', cost: 'A tenth of the node’s memory, and at least what a small host needs.'},
      ...sizes.map((mebibytes) => ({
        value: String(mebibytes),
        label: renderMiB(mebibytes),
        cost: 'If this is too little, the host kills programs or does not boot.',
      })),
    ];
  },
  read: ({profile}) => String(profile.memory.hostReserveMiB),
  write: (profile, value) => withMemory(profile, {hostReserveMiB: value === 'auto' ? 'auto' : Number(value)}),
};

export const memoryFields: readonly Field[] = [size, pages, allocation, node, reserve];
