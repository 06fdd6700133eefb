import type {Profile} from '../../profile/profile.ts';
import {nodeOptions} from './cpu-fields.ts';
import {always} from './field.ts';
import type {ChoiceField, Field, FieldContext, FieldOption, NumberField} from './field.ts';

const withMemory = (profile: Profile, memory: Partial<Profile['memory']>): Profile => ({...profile, memory: {...profile.memory, ...memory}});

const hostMiB = ({facts}: FieldContext): number => Math.max(1024, Math.floor((facts.memory.totalKiB ?? 1024 * 1024 * 1024) / 1024));

const renderMiB = (mebibytes: number): string =>
  mebibytes % 1024 === 0 ? `${mebibytes / 1024} GiB` : mebibytes > 1024 ? `${mebibytes} MiB (${(mebibytes / 1024).toFixed(1)} GiB)` : `${mebibytes} MiB`;

/** Nobody means a guest of 16 MiB: small numbers are GiB. */
const parseSize = (digits: string): number => (Number(digits) < 1024 ? Number(digits) * 1024 : Number(digits));

const size: NumberField = {
  id: 'memory.sizeMiB',
  kind: 'number',
  label: 'Guest memory',
  subjects: ['memory.size'],
  isShown: always,
  read: ({profile}) => profile.memory.sizeMiB,
  step: () => 1024,
  range: (context) => [512, hostMiB(context)],
  parse: parseSize,
  render: renderMiB,
  write: (profile, value) => withMemory(profile, {sizeMiB: Number(value)}),
  cost: () => 'All of it stays in RAM as long as the guest runs, because the card may write anywhere in it: nothing is swapped or shared. Type a number: up to 1023 it means GiB, from 1024 on MiB.',
};

const pageOptions = ({facts}: FieldContext): readonly FieldOption[] => {
  const hasGigabyte = facts.cpu.flags?.includes('pdpe1gb') ?? true;
  return [
    {value: 'auto', label: 'auto', cost: 'Huge pages of the size that fits.'},
    {value: '2MiB', label: '2 MiB', cost: 'Fewer page-table walks in the guest.'},
    ...(hasGigabyte
      ? [{value: '1GiB', label: '1 GiB', cost: 'Fewest page-table walks. Each page needs a contiguous GiB, which is hardly ever found later than at boot.'}]
      : []),
    {value: 'none', label: 'none', cost: 'Ordinary pages: nothing is set aside at boot, and the guest is some percent slower in memory-heavy work.'},
  ];
};

const pages: ChoiceField = {
  id: 'memory.hugepages',
  kind: 'choice',
  label: 'Huge pages',
  subjects: ['memory.hugepages'],
  isShown: always,
  options: pageOptions,
  read: ({profile}) => profile.memory.hugepages,
  write: (profile, value) => withMemory(profile, {hugepages: value as Profile['memory']['hugepages']}),
};

const allocation: ChoiceField = {
  id: 'memory.allocation',
  kind: 'choice',
  label: 'Set aside',
  subjects: ['memory.allocation'],
  isShown: ({profile}) => profile.memory.hugepages !== 'none',
  options: () => [
    {value: 'auto', label: 'auto', cost: 'When the host boots.'},
    {value: 'boot', label: 'at boot', cost: 'All pages are found then. They are lost to the host even while the guest is off.'},
    {value: 'start', label: 'when it starts', cost: 'A hook of libvirt takes the pages when the guest starts and gives them back when it ends. Once the host’s memory is in pieces, the guest does not start.'},
  ],
  read: ({profile}) => profile.memory.allocation,
  write: (profile, value) => withMemory(profile, {allocation: value as Profile['memory']['allocation']}),
};

const node: ChoiceField = {
  id: 'memory.node',
  kind: 'choice',
  label: 'From node',
  subjects: ['memory.node'],
  isShown: ({facts}) => facts.nodes.length > 1,
  options: (context) => nodeOptions(context, 'The node that the vCPUs run on: no access crosses the sockets.'),
  read: ({profile}) => String(profile.memory.node),
  write: (profile, value) => withMemory(profile, {node: value === 'auto' ? 'auto' : Number(value)}),
};

const reserves = [512, 1024, 2048, 3072, 4096, 6144, 8192, 16384];

const reserve: ChoiceField = {
  id: 'memory.hostReserveMiB',
  kind: 'choice',
  label: 'Kept for the host',
  subjects: ['memory.hostReserve'],
  isShown: always,
  options: ({profile}) => {
    const written = profile.memory.hostReserveMiB;
    const sizes = written === 'auto' || reserves.includes(written) ? reserves : [...reserves, written].sort((a, b) => a - b);
    return [
      {value: 'auto', label: 'auto', cost: 'A tenth of the node, and at least what a small host needs.'},
      ...sizes.map((mebibytes) => ({value: String(mebibytes), label: renderMiB(mebibytes), cost: 'With less than the host needs it kills programs, or does not boot, once the guest’s pages are set aside.'})),
    ];
  },
  read: ({profile}) => String(profile.memory.hostReserveMiB),
  write: (profile, value) => withMemory(profile, {hostReserveMiB: value === 'auto' ? 'auto' : Number(value)}),
};

export const memoryFields: readonly Field[] = [size, pages, allocation, node, reserve];
