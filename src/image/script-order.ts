import type {OrderValidation} from '../artifacts/artifact.ts';
import {type Tools, validatorOf} from '../artifacts/ports.ts';
import {literal, shape, text} from '../decode/decode.ts';
import {CommandError, MachineError} from '../errors.ts';
import {readCpioMember, unpackerOf} from '../formats/cpio.ts';

const timeoutSeconds = 300;

const orderShape = shape<OrderValidation>({kind: literal('order'), member: text, script: text, before: text});

type Member = {readonly text: string; readonly problem: null} | {readonly text: null; readonly problem: string | null};

/**
 * Whether an image calls our script, and early enough; `null` when it does. The listing has shown the script by then, so
 * an image that can't be unpacked here is a warning, and no reason to refuse it.
 */
const orderProblem = async (
  tools: Tools,
  {member, script, before}: OrderValidation,
  image: string,
): Promise<string | null> => {
  const {text, problem} = await readMember(tools, image, member);
  if (text === null) {
    if (problem !== null)
      tools.warn(`Whether ${script} is called early enough could not be read from the image: ${problem}.`);
    return null;
  }
  const lines = text.split('\n').map((line) => line.split(/\s/, 1)[0]);
  const [ours, theirs] = [lines.indexOf(script), lines.indexOf(before)];
  if (ours === -1) return `its ${member} does not call ${script}`;
  return theirs !== -1 && theirs < ours ? `its ${member} calls ${before} before ${script}` : null;
};

/** Not unmkinitramfs, which writes all of the image into a directory, as root. */
const readMember = async (tools: Tools, image: string, name: string): Promise<Member> => {
  const bytes = tools.machine.read(image);
  const {content, restAt} = readCpioMember(bytes, name);
  if (content !== null) return {text: content.toString('utf8'), problem: null};
  if (restAt === null) return {text: null, problem: `there is no ${name} in it`};
  return readPacked(tools, image, bytes.subarray(restAt), name);
};

const readPacked = async (tools: Tools, image: string, packed: Buffer, name: string): Promise<Member> => {
  const {machine} = tools;
  const unpacker = unpackerOf(packed);
  if (unpacker === null) return {text: null, problem: 'it is packed in a way that is not known'};
  const [file, unpacked] = [`${image}-main.${unpacker.ending}`, `${image}-main`];
  try {
    tools.writePrivate(file, packed);
    const result = await tools.run([unpacker.program, '-d', '-f', file], timeoutSeconds);
    if (result.state === 'not-run') return {text: null, problem: null};
    const {content} = readCpioMember(machine.read(unpacked), name);
    return content === null
      ? {text: null, problem: `there is no ${name} in it`}
      : {text: content.toString('utf8'), problem: null};
  } catch (error) {
    // Unpacked it is four times as large.
    if (!(error instanceof CommandError) && !(error instanceof MachineError && error.code === 'ENOSPC')) throw error;
    return {text: null, problem: error instanceof Error ? error.message : String(error)};
  } finally {
    for (const path of [file, unpacked]) tools.remove(path);
  }
};

export const orderValidator = validatorOf(orderShape, orderProblem);
