import type {Validation} from '../artifacts/artifact.ts';
import {readCpioMember, unpackerOf} from '../artifacts/initramfs/cpio-archive.ts';
import {CommandError} from '../errors.ts';
import {errorCode} from '../system/machine-error.ts';
import {messageOf} from './refuse.ts';
import {runCommand} from './run-command.ts';
import type {Transaction} from './transaction.ts';
import {removeIfThere, writePrivate} from './write-file.ts';

type Order = Extract<Validation, {kind: 'order'}>;
type Member = {readonly text: string; readonly problem: null} | {readonly text: null; readonly problem: string | null};

const timeoutSeconds = 300;

/**
 * Whether an image calls our script, and early enough; `null` when it does. The listing has shown the script by then, so
 * an image that can't be unpacked here is told of, and no reason to refuse it.
 */
export const orderProblem = async (transaction: Transaction, {member, script, before}: Order, image: string): Promise<string | null> => {
  const {text, problem} = await readMember(transaction, image, member);
  if (text === null) {
    if (problem !== null) transaction.events({kind: 'warning', message: `Whether ${script} is called early enough could not be read from the image: ${problem}.`});
    return null;
  }
  const lines = text.split('\n').map((line) => line.split(/\s/, 1)[0]);
  const [ours, theirs] = [lines.indexOf(script), lines.indexOf(before)];
  if (ours === -1) return `its ${member} does not call ${script}`;
  return theirs !== -1 && theirs < ours ? `its ${member} calls ${before} before ${script}` : null;
};

/** Not unmkinitramfs, which writes all of the image into a directory, as root. */
const readMember = async (transaction: Transaction, image: string, name: string): Promise<Member> => {
  const bytes = transaction.machine.read(image);
  const {content, restAt} = readCpioMember(bytes, name);
  if (content !== null) return {text: content.toString('utf8'), problem: null};
  if (restAt === null) return {text: null, problem: `there is no ${name} in it`};
  return readPacked(transaction, image, bytes.subarray(restAt), name);
};

const readPacked = async (transaction: Transaction, image: string, packed: Buffer, name: string): Promise<Member> => {
  const {machine} = transaction;
  const unpacker = unpackerOf(packed);
  if (unpacker === null) return {text: null, problem: 'it is packed in a way that is not known'};
  const [file, unpacked] = [`${image}-main.${unpacker.ending}`, `${image}-main`];
  try {
    writePrivate(machine, file, packed);
    const result = await runCommand(transaction, [unpacker.program, '-d', '-f', file], timeoutSeconds);
    if (result.state === 'not-run') return {text: null, problem: null};
    const {content} = readCpioMember(machine.read(unpacked), name);
    return content === null ? {text: null, problem: `there is no ${name} in it`} : {text: content.toString('utf8'), problem: null};
  } catch (error) {
    // Unpacked it is four times as large.
    if (!(error instanceof CommandError) && errorCode(error) !== 'ENOSPC') throw error;
    return {text: null, problem: messageOf(error)};
  } finally {
    for (const path of [file, unpacked]) removeIfThere(machine, path);
  }
};
