import {type Codec, orBeginning} from './codec.ts';
import type {CoreShare, MemoryShare, WrittenProfile} from './profile.ts';
import {mebibytesOf, memorySize, memoryText, scalar, wholeNumber} from './scalars.ts';

const coreShare: Codec<CoreShare> = scalar({
  type: '`all but 2 cores`',
  schema: {type: 'string', pattern: '^all but [0-9]{1,4} cores?$'},
  render: ({coresLeft}) => `all but ${coresLeft} ${coresLeft === 1 ? 'core' : 'cores'}`,
  parse: (text) => {
    const [, digits] = /^all but (\d{1,4}) cores?$/.exec(text) ?? [];
    return digits === undefined
      ? {refusal: 'is not a share of cores', remedy: 'Write `all but 2 cores`, or a number of vCPUs.'}
      : {value: {coresLeft: Number(digits)}};
  },
});

const memoryShare: Codec<MemoryShare> = scalar({
  type: '`all but 8 GiB`',
  schema: {type: 'string', pattern: '^all but [0-9]{1,9} ?(GiB|MiB)$'},
  render: ({leftMiB}) => `all but ${memoryText(leftMiB)}`,
  parse: (text) => {
    const [, digits, unit] = /^all but (\d{1,9}) ?(GiB|MiB)$/.exec(text) ?? [];
    const leftMiB = mebibytesOf(digits, unit);
    return leftMiB === null
      ? {refusal: 'is not a share of memory', remedy: 'Write `all but 8 GiB`, or a size.'}
      : {value: {leftMiB}};
  },
});

/** `8`, or `all but 2 cores` */
export const vcpuCount: Codec<number | CoreShare> = orBeginning(wholeNumber(1, 4096), {
  word: 'all',
  other: coreShare,
  is: (value): value is CoreShare => typeof value !== 'number',
});

/** `12 GiB`, or `all but 8 GiB` */
export const guestMemory: Codec<number | MemoryShare> = orBeginning(memorySize(64), {
  word: 'all',
  other: memoryShare,
  is: (value): value is MemoryShare => typeof value !== 'number',
});

/** Paths of the file at which a share is written. */
export const sharesOf = ({cpu, memory}: WrittenProfile): readonly string[] => [
  ...(typeof cpu.vcpus === 'number' ? [] : ['cpu.vcpus']),
  ...(typeof memory.sizeMiB === 'number' ? [] : ['memory.size']),
];
