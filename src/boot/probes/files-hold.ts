import {probeOf} from '../../artifacts/ports.ts';
import {absolutePath, listOf, literal, shape, text} from '../../decode/decode.ts';
import type {Machine} from '../../system/machine.ts';

/** Each of these files holds each of these texts. */
export type FilesHoldEffect = {
  readonly kind: 'files-hold';
  readonly paths: readonly string[];
  readonly texts: readonly string[];
};

const effectShape = shape<FilesHoldEffect>({
  kind: literal('files-hold'),
  paths: listOf(absolutePath),
  texts: listOf(text),
});

export const filesHoldProbe = probeOf(effectShape, {
  check: ({machine}, effect) => {
    const lack = findLack(machine, effect);
    if (lack !== null) throw new Error(`${lack.text} should be in ${lack.path}, and is not.`);
  },
  isUsedUp: (machine, effect) => findLack(machine, effect) !== null,
});

const findLack = (
  machine: Machine,
  {paths, texts}: FilesHoldEffect,
): {readonly path: string; readonly text: string} | null => {
  for (const path of paths) {
    const bytes = machine.stat(path) === null ? null : machine.read(path);
    const missing = texts.find((one) => bytes?.includes(one) !== true);
    if (missing !== undefined) return {path, text: missing};
  }
  return null;
};
