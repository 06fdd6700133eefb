import {dirname} from 'node:path';
import type {CreatedArtifact, GeneratedArtifact} from '../artifacts/artifact.ts';
import type {Machine} from '../system/machine.ts';
import {type Inspection, nearestDirectory, type Target} from './inspect.ts';
import {stateDirectory} from '../system/state-directory.ts';
import {refusal} from './transaction.ts';

type Need = {readonly directory: string; readonly bytes: number};
type Sum = {
  readonly directory: string;
  readonly freeBytes: number;
  readonly freeFiles: number | null;
  bytes: number;
  files: number;
};

/** The journal itself, its replacement while it is saved, and directory blocks. */
const journalBytes = 256 * 1024;

/** Room for every new file next to the old one, for the backups of both, and for putting the old ones back next to the new. */
export const checkSpace = (machine: Machine, inspection: Inspection, planBytes: number): void => {
  const sums = new Map<number, Sum>();
  for (const {directory, bytes} of needs(machine, inspection, planBytes)) {
    const nearest = nearestDirectory(machine, directory);
    const {device, freeBytes, freeFiles, blockSize} = machine.space(nearest);
    const sum = sums.get(device) ?? {directory: nearest, freeBytes, freeFiles, bytes: 0, files: 0};
    sum.bytes += Math.ceil(bytes / blockSize) * blockSize;
    sum.files += 1;
    sums.set(device, sum);
  }
  for (const sum of sums.values()) refuseFull(sum);
};

const needs = (machine: Machine, {targets, commands}: Inspection, planBytes: number): readonly Need[] => [
  {directory: stateDirectory, bytes: journalBytes},
  {directory: stateDirectory, bytes: planBytes},
  ...targets.flatMap(targetNeeds),
  ...commands.flatMap((command) => (command.kind === 'generated' ? generatedNeeds(machine, command) : [])),
  ...commands.flatMap((command) => (command.kind === 'created' ? [createdNeed(command)] : [])),
];

/** Not what a guest may fill it with later: an image grows. */
const createdNeed = ({path, bytes}: CreatedArtifact): Need => ({directory: dirname(path), bytes});

const targetNeeds = ({path, old, wanted}: Target): readonly Need[] => {
  const oldBytes = old.state === 'file' ? old.size : 0;
  const newBytes = wanted.kind === 'file' ? wanted.bytes.length : 0;
  return [
    {directory: dirname(path), bytes: Math.max(oldBytes, newBytes)},
    {directory: stateDirectory, bytes: oldBytes},
    {directory: stateDirectory, bytes: newBytes},
  ];
};

/** What a program will make is taken to be a fifth larger than what is there. */
const generatedNeeds = (machine: Machine, {path, validations}: GeneratedArtifact): readonly Need[] => {
  const oldBytes = machine.stat(path)?.size ?? 0;
  const likeBytes = validations.map((one) =>
    one.kind === 'size' && one.of !== undefined ? (machine.stat(one.of)?.size ?? 0) : 0,
  );
  const newBytes = Math.ceil(Math.max(oldBytes, ...likeBytes) * 1.2);
  return [
    {directory: dirname(path), bytes: newBytes},
    {directory: stateDirectory, bytes: newBytes},
    {directory: stateDirectory, bytes: oldBytes},
  ];
};

const refuseFull = ({directory, freeBytes, freeFiles, bytes, files}: Sum): void => {
  const isFull = bytes > freeBytes || (freeFiles !== null && files > freeFiles);
  if (!isFull) return;
  const kib = (count: number): string => `${Math.ceil(count / 1024)} KiB`;
  throw refusal(
    'check',
    `The file system of ${directory} has no room: ${kib(bytes)} in ${files} files are needed and ${kib(freeBytes)} are free.`,
    'Nothing was written. Free some space there, then run apply again.',
  );
};
