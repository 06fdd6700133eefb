import {parseArgs} from 'node:util';
import {UsageError} from '../errors.ts';

const definitions = {
  root: {type: 'string'},
  json: {type: 'boolean'},
  'no-color': {type: 'boolean'},
  verbose: {type: 'boolean'},
  version: {type: 'boolean'},
  help: {type: 'boolean', short: 'h'},
  demo: {type: 'boolean'},
  'dry-run': {type: 'boolean'},
  trial: {type: 'boolean'},
  yes: {type: 'boolean', short: 'y'},
  'exit-code': {type: 'boolean'},
  profile: {type: 'string'},
  out: {type: 'string'},
  device: {type: 'string', multiple: true},
  vcpus: {type: 'string'},
  memory: {type: 'string'},
  guest: {type: 'string'},
  os: {type: 'string'},
  svg: {type: 'string'},
  resume: {type: 'boolean'},
  'keep-edits': {type: 'boolean'},
} as const;

export type Options = {
  readonly verb: string | null;
  readonly positionals: readonly string[];
  readonly root: string | null;
  readonly isJson: boolean;
  readonly isColorOff: boolean;
  readonly isVerbose: boolean;
  readonly isVersion: boolean;
  readonly isHelp: boolean;
  readonly isDemo: boolean;
  readonly isDryRun: boolean;
  readonly isTrial: boolean;
  readonly isYes: boolean;
  readonly hasExitCode: boolean;
  readonly profile: string | null;
  readonly out: string | null;
  readonly devices: readonly string[];
  readonly vcpus: string | null;
  readonly memory: string | null;
  readonly guest: string | null;
  readonly os: string | null;
  readonly svg: string | null;
  readonly isResume: boolean;
  readonly hasKeepEdits: boolean;
};

export const parseOptions = (argv: readonly string[]): Options => {
  const {values, positionals} = parseStrictly(argv);
  const [verb, ...rest] = positionals;
  return {
    verb: verb ?? null,
    positionals: rest,
    root: values.root ?? null,
    isJson: values.json ?? false,
    isColorOff: values['no-color'] ?? false,
    isVerbose: values.verbose ?? false,
    isVersion: values.version ?? false,
    isHelp: values.help ?? false,
    isDemo: values.demo ?? false,
    isDryRun: values['dry-run'] ?? false,
    isTrial: values.trial ?? false,
    isYes: values.yes ?? false,
    hasExitCode: values['exit-code'] ?? false,
    profile: values.profile ?? null,
    out: values.out ?? null,
    devices: values.device ?? [],
    vcpus: values.vcpus ?? null,
    memory: values.memory ?? null,
    guest: values.guest ?? null,
    os: values.os ?? null,
    svg: values.svg ?? null,
    isResume: values.resume ?? false,
    hasKeepEdits: values['keep-edits'] ?? false,
  };
};

const parseStrictly = (argv: readonly string[]) => {
  try {
    return parseArgs({args: [...argv], options: definitions, allowPositionals: true, strict: true});
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. To ')[0] ?? error.message) : String(error);
    throw new UsageError(`${message}.`, 'See `vfio-pilot --help`.', {cause: error});
  }
};
