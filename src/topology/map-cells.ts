import type {Cpu} from '../facts/cpu.ts';
import type {CpuRole, RoleOf} from './cpu-roles.ts';
import type {CoreCpus, Domain} from './domains.ts';
import {shortList} from './fold.ts';
import {joinWords, type Line, segment, widthOf, wrapWords} from '../words/lines.ts';
import {formatKiB} from './map-memory.ts';

/** `numbered`: each thread with its number. `threads`: a letter for each thread. `cores`: a letter for each core. */
export type Detail = 'numbered' | 'threads' | 'cores';

/** Order in which a core with several roles is named. */
const precedence: readonly CpuRole['role'][] = ['vcpu', 'iothread', 'emulator', 'host'];
/** Cores that stand together without a blank when a core is one letter. */
const coresInRun = 8;

/** A domain on as many lines as it needs. */
export const drawDomain = (domain: Domain, detail: Detail, roleOf: RoleOf, columns: number): readonly Line[] =>
  wrapWords([segment('  '), ...leadOf(domain, detail)], wordsOf(domain, detail, roleOf), columns, 4);

/** A domain as one word of a line that holds several; `null` when it is too wide for that. */
export const drawNarrowDomain = (domain: Domain, detail: Detail, roleOf: RoleOf, columns: number): Line | null => {
  const word = joinWords([leadOf(domain, detail), ...wordsOf(domain, detail, roleOf), []]);
  return detail !== 'numbered' && widthOf(word) <= (columns - 2) / 2 ? word : null;
};

/** `L3 12 MiB`, `package 1 performance cores` */
export const describeDomain = (domain: Domain): string => nameOf(domain, true);

const nameOf = ({kind, hasL3, l3KiB, isShared, package: owner}: Domain, hasSize: boolean): string =>
  [
    ...(owner === null ? [] : [`package ${owner}`]),
    ...(kind === 'core' ? [] : [kind]),
    hasL3 ? 'L3' : 'cores',
    ...(hasL3 && l3KiB !== null && hasSize ? [formatKiB(l3KiB)] : []),
    ...(isShared ? ['(part)'] : []),
  ].join(' ');

const leadOf = (domain: Domain, detail: Detail): Line => {
  const list = detail === 'numbered' ? '' : ` ${shortList(domain.cpus)}`;
  return [segment(`${nameOf(domain, detail === 'numbered')}${list}`, 'muted')];
};

const wordsOf = (domain: Domain, detail: Detail, roleOf: RoleOf): readonly Line[] => {
  if (detail === 'numbered') return domain.cores.map((core) => placed(core, numberedCore(core, roleOf)));
  if (detail === 'threads')
    return domain.cores.map((core) =>
      placed(
        core,
        core.map(({id}) => segment(roleOf(id).letter, roleOf(id).role)),
      ),
    );
  const letters = domain.cores.map((core) => placed(core, coreLetter(core, roleOf)));
  return Array.from({length: Math.ceil(letters.length / coresInRun)}, (_, run) =>
    letters.slice(run * coresInRun, (run + 1) * coresInRun).flat(),
  );
};

/** So that a person can point at the core. */
const placed = ([first]: CoreCpus, word: Line): Line =>
  first === undefined ? word : word.map((one) => ({...one, core: first.id}));

/** `[0:V0 12:V1]` */
const numberedCore = (core: CoreCpus, roleOf: RoleOf): Line => [
  segment('[', 'muted'),
  ...joinWords(core.map((cpu) => numberedThread(cpu, roleOf))),
  segment(']', 'muted'),
];

const numberedThread = ({id}: Cpu, roleOf: RoleOf): Line => [
  segment(`${id}:`, 'muted'),
  segment(roleOf(id).label, roleOf(id).role),
];

const coreLetter = (core: CoreCpus, roleOf: RoleOf): Line => {
  const {letter, role} = coreRole(core, roleOf);
  return [segment(letter, role)];
};

/** The letter of the first role in `precedence`, small where not every thread has it. */
export const coreRole = (core: CoreCpus, roleOf: RoleOf): Pick<CpuRole, 'role' | 'letter'> => {
  const roles = core.map(({id}) => roleOf(id));
  const {role, letter} = precedence.flatMap((one) => roles.find((other) => other.role === one) ?? [])[0] ?? {
    role: 'host',
    letter: '·',
  };
  return {role, letter: roles.every((one) => one.role === role) ? letter : letter.toLowerCase()};
};
