import {type ConfigLine, nextStartOf, parseGuestConfig, valueOf} from './config.ts';

/** What makes one configuration of a guest the other, as `qm set` takes it. */
export type SettingsChange = {
  readonly set: readonly (readonly [key: string, value: string])[];
  readonly remove: readonly string[];
  /** Keys whose waiting change is dropped: the guest has what is wanted already. */
  readonly revert: readonly string[];
};

/** By what the guest is at its next start; snapshots and the description are not looked at. */
export const changeOfSettings = (present: string, wanted: string): SettingsChange => {
  const config = parseGuestConfig(present);
  const [now, current] = [settingsOf(nextStartOf(config)), settingsOf(config.current)];
  const goal = settingsOf(nextStartOf(parseGuestConfig(wanted)));
  const keys = [...new Set([...now.keys(), ...current.keys(), ...goal.keys()])]
    .filter((key) => !isLeftToQm(key))
    .sort();
  const differing = keys.filter((key) => now.get(key) !== goal.get(key));
  const revert = differing.filter((key) => current.get(key) === goal.get(key));
  const rest = differing.filter((key) => !revert.includes(key));
  return {
    set: rest.flatMap((key) => {
      const value = goal.get(key);
      return value === undefined ? [] : [[key, value] as const];
    }),
    remove: rest.filter((key) => !goal.has(key)),
    revert,
  };
};

export const isNoChange = ({set, remove, revert}: SettingsChange): boolean =>
  set.length + remove.length + revert.length === 0;

/** What qm keeps account of itself, and disks: nothing that is done to a guest here may cost it one. */
const isLeftToQm = (key: string): boolean =>
  /^(?:lock|meta|parent|vmgenid|snapstate|snaptime|runningmachine|runningcpu|vmstate)$/.test(key) ||
  /^(?:scsi|virtio|sata|ide|efidisk|tpmstate|unused)\d+$/.test(key);

const settingsOf = (lines: readonly ConfigLine[]): ReadonlyMap<string, string> =>
  new Map(lines.map(({key}) => [key, valueOf(lines, key) ?? '']));
