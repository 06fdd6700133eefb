import {createTwoFilesPatch} from 'diff';
import type {AbsentArtifact, Artifact, FileArtifact, RunArtifact, SymlinkArtifact} from '../artifacts/artifact.ts';
import type {FileFacts} from '../facts/files.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Change, FileChange, Fingerprint, RunChange, SymlinkChange} from './change.ts';

/**
 * `diff -u` of a file; `null` stands for a file that is not there. Empty when nothing differs.
 * Mode and symlinks are said in a line of their own, as git does.
 */
export const renderDiff = (
  path: string,
  before: string | null,
  after: string | null,
  headers: readonly string[] = [],
): string => {
  const from = before === null ? '/dev/null' : path;
  const to = after === null ? '/dev/null' : path;
  const patch = createTwoFilesPatch(from, to, before ?? '', after ?? '', undefined, undefined, {context: 3});
  // jsdiff starts with an Index line and equal signs, which patch(1) ignores and people wonder about.
  // Its headers end in a tab where no time is given; tabs below them are the file's.
  const body = patch.replace(/^(Index: .*\n)?=+\n/, '').replace(/^(--- [^\n]*?)\t?\n(\+\+\+ [^\n]*?)\t?\n/, '$1\n$2\n');
  return [...headers, body].join('\n');
};

/** Holds each artifact against the present; what is true already yields nothing, and a command whose files stay yields nothing. */
export const compareArtifacts = (facts: HostFacts, artifacts: readonly Artifact[]): readonly Change[] => {
  const files = artifacts.flatMap((artifact) => compareOne(facts, artifact));
  const changed = new Set(files.map((change) => change.path));
  const runs = artifacts.flatMap((artifact) =>
    isRun(artifact) && isTriggered(artifact, changed) ? [describeRun(artifact)] : [],
  );
  return [...files, ...withoutRepeats(runs)];
};

const compareOne = (facts: HostFacts, artifact: Artifact): readonly (FileChange | SymlinkChange)[] => {
  if (isRun(artifact)) return [];
  const present = facts.files[artifact.path];
  switch (artifact.kind) {
    case 'file':
      return compareFile(present, artifact);
    case 'symlink':
      return compareSymlink(present, artifact);
    case 'absent':
      return compareAbsent(present, artifact);
    default:
      return [];
  }
};

const isRun = (artifact: Artifact): artifact is RunArtifact =>
  artifact.kind === 'command' || artifact.kind === 'generated' || artifact.kind === 'created';

/** A renderer that names no trigger has looked, and found the effect missing. */
const isTriggered = ({triggers}: RunArtifact, changed: ReadonlySet<string>): boolean =>
  triggers.length === 0 || triggers.some((path) => changed.has(path));

export const fingerprintOf = (present: FileFacts | undefined): Fingerprint => {
  if (present === undefined) return {state: 'absent'};
  if (present.state === 'symlink') return {state: 'symlink', target: present.target ?? ''};
  return {state: 'file', sha256: present.sha256 ?? '', mode: present.mode, uid: present.uid, gid: present.gid};
};

const compareFile = (present: FileFacts | undefined, artifact: FileArtifact): readonly FileChange[] => {
  const before = present?.state === 'file' ? present.text : null;
  if (present?.state === 'file' && before === artifact.text && present.encoding === artifact.encoding) return [];
  const mode = present?.state === 'file' ? present.mode : artifact.mode;
  const isNew = present === undefined;
  const headers = isNew ? [`new file mode ${mode.toString(8).padStart(4, '0')}`] : [];
  return [
    {
      kind: isNew ? 'create' : 'replace',
      path: artifact.path,
      expected: fingerprintOf(present),
      content: {text: artifact.text, encoding: artifact.encoding, mode},
      placing: artifact.placing,
      by: artifact.by,
      ...(artifact.onRollback === undefined ? {} : {onRollback: artifact.onRollback}),
      diff: renderDiff(artifact.path, before, artifact.text, headers),
      why: artifact.why,
    },
  ];
};

const linkText = (target: string | null): string | null => (target === null ? null : `${target}\n`);

const compareSymlink = (present: FileFacts | undefined, artifact: SymlinkArtifact): readonly SymlinkChange[] => {
  const before = present?.state === 'symlink' ? present.target : null;
  if (before === artifact.target) return [];
  return [
    {
      kind: present === undefined ? 'create' : 'replace',
      path: artifact.path,
      expected: fingerprintOf(present),
      target: artifact.target,
      diff: renderDiff(artifact.path, linkText(before), linkText(artifact.target), ['symbolic link']),
      why: artifact.why,
    },
  ];
};

const compareAbsent = (
  present: FileFacts | undefined,
  artifact: AbsentArtifact,
): readonly (FileChange | SymlinkChange)[] => {
  if (present === undefined) return [];
  const common = {kind: 'remove', path: artifact.path, expected: fingerprintOf(present), why: artifact.why} as const;
  if (present.state === 'symlink')
    return [
      {...common, target: null, diff: renderDiff(artifact.path, linkText(present.target), null, ['symbolic link'])},
    ];
  return [
    {
      ...common,
      content: null,
      placing: 'first',
      by: 'writer',
      diff: renderDiff(artifact.path, present.text ?? '', null),
    },
  ];
};

/** As a person would type it: a file that is made at a path of our own first is named by where it ends. */
export const argvOf = (artifact: RunArtifact): readonly string[] =>
  artifact.argv.map((word) => ('path' in artifact ? word.replaceAll('{output}', artifact.path) : word));

const describeRun = (artifact: RunArtifact): RunChange => ({
  kind: 'run',
  path: argvOf(artifact).join(' '),
  command: artifact,
  diff: '',
  why: artifact.why,
});

const withoutRepeats = (runs: readonly RunChange[]): readonly RunChange[] =>
  runs.filter((run, index) => runs.findIndex((other) => other.path === run.path) === index);
