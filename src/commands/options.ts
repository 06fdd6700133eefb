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

type OptionName = keyof typeof definitions;

/** Known to all of them; the rest belongs to some, and elsewhere a mistake: what it asks for would not be done. */
const common: readonly OptionName[] = ['root', 'no-color', 'verbose', 'version', 'help', 'demo'];
const everyVerb: readonly OptionName[] = ['json'];
const own: Readonly<Record<string, readonly OptionName[]>> = {
  wizard: ['dry-run'],
  topology: ['profile', 'svg'],
  plan: ['dry-run', 'exit-code', 'out'],
  apply: ['dry-run', 'trial', 'yes', 'resume', 'keep-edits'],
  confirm: ['dry-run', 'yes', 'resume', 'keep-edits'],
  rollback: ['dry-run', 'yes', 'resume', 'keep-edits'],
  profile: ['device', 'vcpus', 'memory', 'guest', 'os', 'out'],
};

export type Options = {
  readonly verb: string | null;
  /** Names of the options that were given, without the dashes. */
  readonly given: readonly string[];
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
    given: Object.keys(values),
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

/** `rollback --trial --yes` must not go on as if the word had not been there. */
export const refuseMisplaced = ({verb, given}: Options): void => {
  const known: readonly string[] = [...common, ...(verb === null ? [] : everyVerb), ...(own[verb ?? 'wizard'] ?? [])];
  const foreign = given.find((name) => !known.includes(name));
  if (foreign === undefined) return;
  const users = Object.entries(own).filter(([, names]) => names.some((name) => name === foreign)).map(([name]) => name);
  throw new UsageError(`${verb ?? 'The wizard'} does not know --${foreign}, which is for ${users.length === 0 ? 'the commands' : users.join(', ')}.`, 'See `vfio-pilot --help`.');
};

const parseStrictly = (argv: readonly string[]) => {
  try {
    return parseArgs({args: [...argv], options: definitions, allowPositionals: true, strict: true});
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. To ')[0] ?? error.message) : String(error);
    throw new UsageError(`${message}.`, 'See `vfio-pilot --help`.', {cause: error});
  }
};
