import type {Cpu} from '../host/facts.ts';
import {formatCpuList} from '../host/kernel-lists.ts';
import type {CpuRole} from './cpu-roles.ts';
import type {Core, Domain} from './domains.ts';
import {formatKiB} from './map-memory.ts';
import {joinWords, segment, widthOf, wrapWords, type MapLine} from './map-line.ts';

/** `numbered`: each thread with its number. `threads`: a letter for each thread. `cores`: a letter for each core. */
export type Detail = 'numbered' | 'threads' | 'cores';
export type RoleOf = (cpu: number) => CpuRole;

/** Order in which a core with several roles is named. */
const precedence: readonly CpuRole['role'][] = ['vcpu', 'iothread', 'emulator', 'host'];
/** Cores that stand together without a blank when a core is one letter. */
const coresInRun = 8;

/** A domain on as many lines as it needs. */
export const drawDomain = (domain: Domain, detail: Detail, roleOf: RoleOf, columns: number): readonly MapLine[] =>
  wrapWords([segment('  ', 'plain'), ...leadOf(domain, detail)], wordsOf(domain, detail, roleOf), columns, 4);

/** A domain as one word of a line that holds several; `null` when it is too wide for that. */
export const drawNarrowDomain = (domain: Domain, detail: Detail, roleOf: RoleOf, columns: number): MapLine | null => {
  const word = joinWords([leadOf(domain, detail), ...wordsOf(domain, detail, roleOf), []]);
  return detail !== 'numbered' && widthOf(word) <= (columns - 2) / 2 ? word : null;
};

const leadOf = (domain: Domain, detail: Detail): MapLine => {
  const name = domain.hasL3 ? `L3${domain.l3KiB === null || detail !== 'numbered' ? '' : ` ${formatKiB(domain.l3KiB)}`}` : 'cores';
  const kind = domain.kind === 'core' ? '' : `${domain.kind} `;
  const list = detail === 'numbered' ? '' : ` ${shortList(domain.cpus)}`;
  return [segment(`${kind}${name}${domain.isShared ? ' (part)' : ''}${list}`, 'muted')];
};

/** The kernel's list while it is short, else how many. */
export const shortList = (cpus: readonly number[]): string => {
  const list = formatCpuList(cpus);
  return list.length <= 24 ? list : `${cpus.length} CPUs from ${cpus[0] ?? ''}`;
};

const wordsOf = (domain: Domain, detail: Detail, roleOf: RoleOf): readonly MapLine[] => {
  if (detail === 'numbered') return domain.cores.map((core) => numberedCore(core, roleOf));
  if (detail === 'threads') return domain.cores.map((core) => core.map(({id}) => segment(roleOf(id).letter, roleOf(id).role)));
  const letters = domain.cores.map((core) => coreLetter(core, roleOf));
  return Array.from({length: Math.ceil(letters.length / coresInRun)}, (_, run) =>
    letters.slice(run * coresInRun, (run + 1) * coresInRun).flat(),
  );
};

/** `[0:V0 12:V1]` */
const numberedCore = (core: Core, roleOf: RoleOf): MapLine => [
  segment('[', 'muted'),
  ...joinWords(core.map((cpu) => numberedThread(cpu, roleOf))),
  segment(']', 'muted'),
];

const numberedThread = ({id}: Cpu, roleOf: RoleOf): MapLine => [segment(`${id}:`, 'muted'), segment(roleOf(id).label, roleOf(id).role)];

/** The letter of the first role in `precedence`, small where not every thread has it. */
const coreLetter = (core: Core, roleOf: RoleOf): MapLine => {
  const roles = core.map(({id}) => roleOf(id));
  const first = precedence.flatMap((role) => roles.find((one) => one.role === role) ?? [])[0];
  if (first === undefined) return [];
  const isWhole = roles.every(({role}) => role === first.role);
  return [segment(isWhole ? first.letter : first.letter.toLowerCase(), first.role)];
};
