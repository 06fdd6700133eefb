import {editCommandLine} from '../command-line/edit-command-line.ts';
import type {CommandLineEdit, EditedCommandLine} from '../command-line/edit-command-line.ts';
import {chooseTokenEdit} from '../grub/choose-token-edit.ts';

/**
 * kernelstub saves its configuration at each run, in the form that Python gives it. Only a file that has this form already
 * is the same after its next run, and after the rollback.
 */
export const editKernelstub = (text: string, edit: CommandLineEdit): EditedCommandLine => {
  const configuration = parse(text);
  if (configuration === null) return {ok: false, reason: 'it is no JSON that kernelstub reads'};
  if (dump(configuration) !== text) return {ok: false, reason: 'kernelstub would write it in another form'};
  const {user} = configuration;
  if (!isRecord(user) || user['config_rev'] !== 4 || user['live_mode'] !== false) return {ok: false, reason: 'it is of another version, or of a live medium'};
  const options = user['kernel_options'];
  if (!isList(options)) return {ok: false, reason: 'its kernel_options are no list of words'};
  const edited = editCommandLine(options.join(' '), edit);
  return edited.ok ? {ok: true, text: dump({...configuration, user: {...user, kernel_options: editOptions(options, edit)}})} : edited;
};

const editOptions = (options: readonly string[], edit: CommandLineEdit): readonly string[] => {
  const end = options.indexOf('--');
  const [ours, rest] = end < 0 ? [options, []] : [options.slice(0, end), options.slice(end)];
  const tokens = ours.map((text) => ({text, start: 0, end: 0}));
  const {missing, isStale} = chooseTokenEdit(tokens, edit);
  return [...tokens.filter((token) => !isStale(token)).map((token) => token.text), ...missing, ...rest];
};

const parse = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
};

/** `json.dump(…, indent=2)`: no line break at the end, and nothing but ASCII. */
const dump = (value: unknown): string => JSON.stringify(value, null, 2).replaceAll(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

const isList = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');
