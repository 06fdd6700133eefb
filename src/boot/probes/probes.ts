import type {Ports} from '../../artifacts/ports.ts';
import {answerProbe} from './answer.ts';
import {commandLinesProbe} from './command-lines.ts';
import {defaultEntryProbe} from './default-entry.ts';
import {filesHoldProbe} from './files-hold.ts';
import {loaderVariableProbe} from './loader-variable.ts';
import {namedImagesProbe} from './named-images.ts';

/** By kind of effect. A kind that a journal may name stays here, also when no renderer makes it any more. */
export const bootProbes: Ports['probes'] = {
  answer: answerProbe,
  arguments: commandLinesProbe,
  'default-entry': defaultEntryProbe,
  'files-hold': filesHoldProbe,
  images: namedImagesProbe,
  'loader-variable': loaderVariableProbe,
};
