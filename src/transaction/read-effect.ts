import type {Effect} from '../artifacts/artifact.ts';
import {loaderVariablePath, parseLoaderVariable} from '../host/efi-variables.ts';
import type {Machine} from '../system/machine.ts';
import {checkArguments} from './read-arguments.ts';
import type {Transaction} from './transaction.ts';

/** An exit code says that a program was content; this is what it has done. Throws when that is not what was wanted. */
export const checkEffect = async (transaction: Transaction, effect: Effect, stdout: string): Promise<void> => {
  if (effect.kind === 'arguments') return checkArguments(transaction, effect.of, effect.after);
  if (effect.kind === 'loader-variable') return checkVariable(transaction.machine, effect.name, effect.after);
  if (effect.kind === 'files-hold') return checkFiles(transaction.machine, effect);
  const found = parseDefaultEntry(stdout);
  if (found === null || effect.ids.includes(found)) return;
  transaction.events({kind: 'warning', message: `The boot loader starts ${found} by itself; choose ${effect.ids.join(' or ')} in its menu at the next boot.`});
};

/** After the undo; what a listing shows then is not ours to judge. */
export const checkUndone = async (transaction: Transaction, effect: Effect): Promise<void> => {
  if (effect.kind === 'loader-variable') checkVariable(transaction.machine, effect.name, effect.before);
  if (effect.kind === 'arguments') await checkArguments(transaction, effect.of, effect.before);
};

/** A default that somebody chose since the plan was made must not be taken for the one to go back to. */
export const refuseChangedDefault = ({machine}: Transaction, effect: Effect): void => {
  if (effect.kind !== 'loader-variable' || !isForeign(machine, effect)) return;
  throw new Error(`The EFI variable ${effect.name} is ${quote(readVariable(machine, effect.name))} now, and was ${quote(effect.before)} when the plan was made.`);
};

/** Only of a variable can that be told; everything else is undone whatever is there. */
export const isInEffect = ({machine}: Transaction, effect: Effect): boolean => effect.kind !== 'loader-variable' || readVariable(machine, effect.name) === effect.after;

/** A choice for one boot is used up by a boot, also by one that a crash of the machine brought. */
export const isUsedUp = (machine: Machine, effect: Effect): boolean => {
  if (effect.kind === 'loader-variable') return readVariable(machine, effect.name) !== effect.after;
  return effect.kind === 'files-hold' && findMissing(machine, effect) !== null;
};

export const isChangedSince = ({machine}: Transaction, effect: Effect): boolean => effect.kind === 'loader-variable' && isForeign(machine, effect);

const isForeign = (machine: Machine, {name, before, after}: Extract<Effect, {kind: 'loader-variable'}>): boolean => {
  const found = readVariable(machine, name);
  return found !== before && found !== after;
};

type Held = Extract<Effect, {kind: 'files-hold'}>;

const checkFiles = (machine: Machine, effect: Held): void => {
  const missing = findMissing(machine, effect);
  if (missing !== null) throw new Error(`${missing.text} is not in ${missing.path}, although it was to be.`);
};

const findMissing = (machine: Machine, {paths, texts}: Held): {readonly path: string; readonly text: string} | null => {
  for (const path of paths) {
    const bytes = machine.stat(path) === null ? null : machine.read(path);
    const text = texts.find((one) => bytes?.includes(one) !== true);
    if (text !== undefined) return {path, text};
  }
  return null;
};

const checkVariable = (machine: Machine, name: string, wanted: string | null): void => {
  const found = readVariable(machine, name);
  if (found !== wanted) throw new Error(`The EFI variable ${name} is ${quote(found)} although it was to be ${quote(wanted)}.`);
};

const readVariable = (machine: Machine, name: string): string | null => {
  const path = loaderVariablePath(name);
  return machine.stat(path) === null ? null : parseLoaderVariable(machine.read(path));
};

const quote = (text: string | null): string => (text === null ? 'not set' : `"${text}"`);

/** Id of the entry that `bootctl list` calls the default; `null` where it calls none so (systemd: bootctl(1)). */
const parseDefaultEntry = (stdout: string): string | null => {
  const lines = stdout.split('\n');
  const title = lines.findIndex((line) => /^\s*title: .*\(default\)/.test(line));
  if (title === -1) return null;
  return /^\s*id: (\S.*?)\s*$/.exec(lines.slice(title).find((line) => /^\s*id: /.test(line)) ?? '')?.[1] ?? null;
};
