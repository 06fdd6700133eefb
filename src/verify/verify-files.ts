import type {FileFacts} from '../facts/files.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import type {PathState} from '../transaction/path-state.ts';

/** What the journals of the applied runs say of the files. */
export type WrittenFiles = {
  /** By path, what the last of these runs that wrote it left there. */
  readonly states: Readonly<Record<string, PathState>>;
  /** Paths that the newest run wrote. */
  readonly ofNewest: readonly string[];
};

export const nothingWritten: WrittenFiles = {states: {}, ofNewest: []};

/** What rendering the plan again over the present files says: `asked` are all paths that it speaks for. */
export type RenderedAgain = {readonly asked: readonly string[]; readonly changed: ReadonlySet<string>};

/**
 * The journal comes first: a file that holds the bytes that were written is kept, whatever this version would write. Only
 * of one that differs is today's renderer asked, as libvirt and users rewrite files with our part still in them.
 * `again` is `null` where the plan cannot be read.
 */
export const verifyFiles = (
  {files}: Pick<HostFacts, 'files'>,
  {states, ofNewest}: WrittenFiles,
  again: RenderedAgain | null,
): readonly PromiseResult[] => {
  const own = ofNewest.filter((path) => again === null || files[path] !== undefined);
  return [...new Set([...(again?.asked ?? []), ...own])].map((path) => {
    const [state, fact, remedy] = judge(files[path], states[path], path, again);
    return {id: 'file', status: state, promise: `${path} still has what was applied.`, fact, remedy};
  });
};

type Verdict = readonly [PromiseResult['status'], string, string | null];

const judge = (
  file: FileFacts | undefined,
  written: PathState | undefined,
  path: string,
  again: RenderedAgain | null,
): Verdict => {
  if (file?.state === 'denied') return ['unknown', 'Only root can read it.', 'Run verify with sudo.'];
  if (written !== undefined && isUnchanged(file, written)) return ['kept', 'It was not changed since.', null];
  if (again === null || again.changed.has(path)) return [...broken(file), whoChanged];
  if (again.asked.includes(path)) return ['kept', 'What was applied is in it.', null];
  return [
    'unknown',
    'It was changed since, and this version of vfio-pilot does not write it.',
    'Compare it with its backup: `vfio-pilot history` names it.',
  ];
};

const broken = (file: FileFacts | undefined): readonly ['broken', string] => [
  'broken',
  file === undefined ? 'It is gone.' : 'It was changed since.',
];

const whoChanged = 'Find out what changed it (a package upgrade?), then apply the profile again.';

const isUnchanged = (file: FileFacts | undefined, written: PathState): boolean => {
  if (written.state === 'file') return file?.state === 'file' && file.sha256 === written.sha256;
  return written.state === 'symlink' && file?.state === 'symlink' && file.target === written.target;
};
