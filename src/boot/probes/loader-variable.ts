import {probeOf} from '../../artifacts/ports.ts';
import {literal, nullable, shape, text} from '../../decode/decode.ts';
import type {Machine} from '../../system/machine.ts';
import {loaderVariablePath, parseLoaderVariable} from '../efi-variables.ts';

/** Text of an EFI variable of the boot loader, `null` where it is not set. */
export type LoaderVariableEffect = {
  readonly kind: 'loader-variable';
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
};

const effectShape = shape<LoaderVariableEffect>({
  kind: literal('loader-variable'),
  name: text,
  before: nullable(text),
  after: nullable(text),
});

export const loaderVariableProbe = probeOf(effectShape, {
  check: ({machine}, {name, after}) => checkVariable(machine, name, after),
  checkUndone: ({machine}, {name, before}) => checkVariable(machine, name, before),
  isInEffect: (machine, {name, after}) => readVariable(machine, name) === after,
  isUsedUp: (machine, {name, after}) => readVariable(machine, name) !== after,
  foreign: (machine, {name, before, after}) => {
    const found = readVariable(machine, name);
    return found === before || found === after
      ? null
      : `The EFI variable ${name} is ${quote(found)} now, and was ${quote(before)} when the plan was made.`;
  },
  resource: ({name}) => name,
});

const checkVariable = (machine: Machine, name: string, wanted: string | null): void => {
  const found = readVariable(machine, name);
  if (found !== wanted) throw new Error(`The EFI variable ${name} is ${quote(found)}, and should be ${quote(wanted)}.`);
};

const readVariable = (machine: Machine, name: string): string | null => {
  const path = loaderVariablePath(name);
  return machine.stat(path) === null ? null : parseLoaderVariable(machine.read(path));
};

const quote = (value: string | null): string => (value === null ? 'not set' : `"${value}"`);
