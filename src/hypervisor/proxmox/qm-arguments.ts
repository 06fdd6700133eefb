import {nextStartOf, parseGuestConfig, valueOf} from '../../formats/qemu-server/config.ts';
import type {SettingsChange} from '../../formats/qemu-server/settings.ts';

/** Of `qm set`, in one call: qm takes its lock once, and the digest, if there is one, holds for all of it. */
export const setArguments = (
  vmid: number,
  {set, remove, revert}: SettingsChange,
  digest: string | null,
): readonly string[] => [
  'set',
  String(vmid),
  ...(digest === null ? [] : ['--digest', digest]),
  ...set.flatMap(([key, value]) => [`--${key}`, value]),
  ...(remove.length === 0 ? [] : ['--delete', remove.join(',')]),
  ...(revert.length === 0 ? [] : ['--revert', revert.join(',')]),
];

/** Of `qm create`, for a guest that these lines describe. */
export const createArguments = (vmid: number, text: string): readonly string[] => {
  const lines = nextStartOf(parseGuestConfig(text));
  const keys = [...new Set(lines.map(({key}) => key))];
  return ['create', String(vmid), ...keys.flatMap((key) => [`--${key}`, valueOf(lines, key) ?? ''])];
};
