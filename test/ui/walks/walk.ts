import {setTimeout as delay} from 'node:timers/promises';
import {createServices} from '../../../src/commands/wizard-services.ts';
import {openHere} from '../../../src/hosts/here.ts';
import type {MachineState, WizardServices} from '../../../src/ui/services.ts';
import {keys, openWizard} from '../open-wizard.tsx';

type Size = {readonly columns: number; readonly rows: number};

const style = {
  hasColor: false,
  columns: 80,
  program: 'vfio-pilot',
  typed: (command: string) => `vfio-pilot ${command}`,
  hint: (text: string) => text,
};

const startedAt = '2026-01-02T03:04:05.000Z';

/** Without what differs from run to run: times and the place of the tree. */
const settled = (machine: MachineState): MachineState =>
  machine.isReadable
    ? {
        ...machine,
        applied: machine.applied === null ? null : {...machine.applied, startedAt},
        runs: machine.runs.map((run) => ({...run, startedAt})),
      }
    : machine;

/** The real services on a tree: they read it, write into it, verify and roll back there. */
const servicesOf = async (root: string): Promise<WizardServices> => {
  const services = await createServices({demo: 'walk', style}, openHere(root, '0.0.0', false));
  return {
    ...services,
    machine: settled(services.machine),
    isDemo: false,
    savedProfiles: [],
    commandStyle: {program: 'vfio-pilot', sudo: 'sudo ', flags: ''},
    defaultProfilePath: (profile) => `/home/me/${profile.name}.yaml`,
    saveProfile: (_profile, path) => ({path}),
    saveTodo: () => ({path: '/home/me/list.todo.md'}),
    planRollback: async () => ({...(await services.planRollback()), startedAt}),
  };
};

export type Frame = {readonly title: string; readonly text: string};

/** One person at one wizard after the other on the same tree, whose screens are kept. */
export const startWalk = async (root: string, size: Size) => {
  const frames: Frame[] = [];
  let wizard = openWizard(await servicesOf(root), {...size, isAtHome: true});
  const titleOf = (): string => {
    const row = (wizard.lines()[0] ?? '').replace(/^vfio-pilot(?:.*step \d+ of \d+)?/, '');
    return row.trim().split(/ {2,}/)[0] ?? '';
  };
  const scrub = (frame: string): string =>
    frame
      .split('\n')
      .map((row) => row.trimEnd().replaceAll(/\d{8}T\d{6}Z-[\da-f]{4}/g, '20260102T030405Z-0000'))
      .join('\n');
  /** Looks again and again; the bound is only against a screen that never comes. */
  const see = async (pattern: RegExp): Promise<void> => {
    for (let turn = 0; turn < 60_000; turn += 1) {
      if (pattern.test(wizard.frame())) return;
      await delay(5);
    }
    throw new Error(`${String(pattern)} is not shown: ${wizard.frame()}`);
  };
  const self = {
    frames,
    title: titleOf,
    frame: () => wizard.frame(),
    keep: (title = titleOf()): void => void frames.push({title, text: scrub(wizard.frame())}),
    press: (...chunks: readonly string[]) => wizard.press(...chunks),
    see,
    /** What the program does after a change: it reads the machine again. */
    reopen: async (): Promise<void> => {
      wizard.close();
      wizard = openWizard(await servicesOf(root), {...size, isAtHome: true});
      await wizard.settle();
    },
    outcome: () => wizard.outcome(),
    close: () => wizard.close(),
  };
  return self;
};

type Walk = Awaited<ReturnType<typeof startWalk>>;

/** Enter by Enter from the start screen to the last one, with the words that are asked for; each screen is kept. */
export const walkToTheEnd = async (walk: Walk): Promise<void> => {
  const {enter, down} = keys;
  for (let step = 0; step < 20; step += 1) {
    walk.keep();
    if (walk.title() === 'What next') return;
    if (walk.title() === 'Risks') {
      const rows = walk
        .frame()
        .split('\n')
        .filter((row) => /^(?:❯| ) \S.* {2,}[›–] ?/.test(row)).length;
      for (let row = 0; row < Math.max(1, rows); row += 1) await walk.press('accept', down);
      walk.keep('Risks, accepted');
    }
    if (walk.title() === 'Apply') {
      await walk.press('apply', enter);
      await walk.see(/What next|✗ Nothing was applied|✗ Not applied/);
    } else await walk.press(enter);
  }
  throw new Error(`The walk does not end: ${walk.frame()}`);
};

export const renderFrames = (frames: readonly Frame[]): string =>
  frames.map(({title, text}) => `=== ${title}\n${text}\n`).join('');
