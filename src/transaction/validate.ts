import type {GeneratedArtifact, Validation} from '../artifacts/artifact.ts';
import {findMissing} from '../artifacts/initramfs/image-listing.ts';
import {orderProblem} from './check-order.ts';
import type {PathState} from './path-state.ts';
import {withOutput} from './with-output.ts';
import {runCommand} from './run-command.ts';
import type {Transaction} from './transaction.ts';

/** Throws when the new file does not hold what it must; it is not installed then. */
export const validate = async (transaction: Transaction, artifact: GeneratedArtifact, output: string, old: PathState): Promise<void> => {
  for (const validation of [{kind: 'size', minimumRatio: 0} as const, ...artifact.validations]) {
    const problem = await problemOf(transaction, validation, artifact, output, old);
    if (problem !== null) throw new Error(`The new ${artifact.path} was not installed: ${problem}.`);
  }
};

const problemOf = async (
  transaction: Transaction,
  validation: Validation,
  artifact: GeneratedArtifact,
  output: string,
  old: PathState,
): Promise<string | null> => {
  const {machine} = transaction;
  if (validation.kind === 'size') {
    const oldSize = validation.of === undefined ? (old.state === 'file' ? old.size : 0) : (machine.stat(validation.of)?.size ?? 0);
    return sizeProblem(machine.stat(output)?.size ?? 0, oldSize, validation.minimumRatio);
  }
  if (validation.kind === 'contains') {
    const bytes = machine.read(output);
    return describeMissing(validation.texts.find((text) => !bytes.includes(text)));
  }
  if (validation.kind === 'order') return orderProblem(transaction, validation, output);
  const result = await runCommand(transaction, withOutput(validation.argv, output), artifact.timeoutSeconds);
  if (validation.kind === 'command' || result.state === 'not-run') return null;
  return describeMissing(findMissing(result.stdout, validation.contains)[0]);
};

const describeMissing = (text: string | undefined): string | null => (text === undefined ? null : `${JSON.stringify(text)} is not in it`);

const sizeProblem = (size: number, oldSize: number, minimumRatio: number): string | null => {
  if (size === 0) return 'it is empty';
  return size < oldSize * minimumRatio ? `it has ${size} bytes and the present one ${oldSize}` : null;
};
