import {render} from 'ink-testing-library';
import {createElement} from 'react';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {previewChanges} from '../../src/changes/preview.ts';
import {readHost} from '../../src/host/read-host.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {openSource} from '../../src/system/source.ts';
import {App} from '../../src/ui/app.tsx';
import type {Key} from '../../src/ui/read-keys.ts';
import type {WizardServices} from '../../src/ui/services.ts';
import {chooseTheme} from '../../src/ui/theme.ts';
import {frameOf} from '../../src/ui/views/frame.ts';
import type {WizardContext} from '../../src/ui/wizard/context.ts';
import {modeOf} from '../../src/ui/wizard/mode.ts';
import {viewOf, type WizardState} from '../../src/ui/wizard/state.ts';
import {reduce, startWizard} from '../../src/ui/wizard/wizard.ts';
import {makeBigHost} from '../support/make-big-host.ts';

/** CPU milliseconds from a key to its frame: `cpuMs` without Ink (the reducer, and all rows), `drawnMs` with it. */
export type KeyCost = {readonly step: string; readonly key: string; readonly cpuMs: number; readonly drawnMs: number};

const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-keys-'));
makeBigHost(root, {cpus: 512, nodes: 8, functions: 4096});
const facts = readHost(openSource(root, null));
rmSync(root, {recursive: true});

const services: WizardServices = {
  facts,
  machine: {isReadable: true, applied: null, runs: []},
  checks: [],
  savedProfiles: [],
  drafts: null,
  preview: (profile) => previewChanges(facts, profile),
  judge: (profile) => planPassthrough(facts, profile),
  proposeProfile: (devices) => proposeProfile(facts, devices),
  files: {
    findImages: () => Promise.resolve([]),
    list: () => Promise.resolve([]),
    lookAt: () => Promise.resolve({kind: 'absent'}),
  },
  saveTodo: () => ({path: '/home/me/todo.md'}),
  saveText: (name) => ({path: name}),
  encode: () => '',
  saveProfile: (_profile, path) => ({path}),
  apply: () => Promise.reject(new Error('Nothing is applied here.')),
  trial: null,
  verify: () => Promise.resolve([]),
  planRollback: () => Promise.reject(new Error('Nothing is applied here.')),
  rollback: () => Promise.reject(new Error('Nothing is applied here.')),
  isDemo: false,
  isDryRun: false,
  commandStyle: {program: 'vfio-pilot', sudo: '', flags: ''},
  canApply: {ok: true},
  defaultProfilePath: (profile) => `/home/me/${profile.name}.yaml`,
};

const rounds = 9;
/** To draw the whole screen first costs more than the key. */
const drawnRounds = 3;
const sequences = {
  right: '\u001b[C',
  down: '\u001b[B',
  left: '\u001b[D',
  'page-down': '\u001b[6~',
  up: '\u001b[A',
  space: ' ',
} as const;
type KeyName = keyof typeof sequences;
const names = Object.keys(sequences) as readonly KeyName[];
const keyOf = (name: KeyName): Key => (name === 'space' ? {name: 'character', text: ' '} : {name});
const steps: readonly WizardState['step'][] = ['device', 'cpu', 'cores', 'memory', 'guest', 'review'];

const cpuSince = (before: NodeJS.CpuUsage): number => {
  const {user, system} = process.cpuUsage(before);
  return (user + system) / 1000;
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** React 19 schedules with setImmediate. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((done) => setImmediate(done));
};

const nothing = (): void => undefined;

/** The key through Ink, as a person presses it, on this state. */
const measureDrawn = async (context: WizardContext, initial: WizardState, name: KeyName): Promise<number> => {
  const costs: number[] = [];
  for (let round = 0; round < drawnRounds; round += 1) {
    const {stdin, unmount} = render(
      createElement(App, {
        context,
        initial,
        theme: chooseTheme({LANG: 'C.UTF-8', TERM: 'xterm'}),
        interrupt: new AbortController().signal,
        onCopy: nothing,
        onSuspend: nothing,
        onEnd: nothing,
      }),
    );
    await settle();
    const before = process.cpuUsage();
    stdin.write(sequences[name]);
    await settle();
    costs.push(cpuSince(before));
    unmount();
  }
  return median(costs);
};

/** Each key on each step, median over the rounds. */
export const measureKeys = async (): Promise<readonly KeyCost[]> => {
  const begun = startWizard(services, {columns: 80, rows: 24});
  const {context} = begun;
  const press = (state: WizardState, key: Key): WizardState => {
    const shown = {view: viewOf(state), pane: frameOf(context, state).pane};
    return reduce(context, state, {type: 'pressed', keys: [key], shown});
  };
  let {state} = begun;
  const found: KeyCost[] = [];
  for (const step of steps) {
    if (step === 'cores') {
      while (modeOf(context, state) !== 'pins') state = press(state, {name: 'down'});
      state = press(state, keyOf('space'));
    }
    // The first answer about an only card that can't be lent is to keep it, which leads back.
    while (state.step !== step)
      state = press(state.step === 'lend' ? press(state, {name: 'end'}) : state, {name: 'enter'});
    const start = state;
    for (const name of names) {
      const shown = {view: viewOf(start), pane: frameOf(context, start).pane};
      const costs = Array.from({length: rounds}, () => {
        const before = process.cpuUsage();
        frameOf(context, reduce(context, start, {type: 'pressed', keys: [keyOf(name)], shown}));
        return cpuSince(before);
      });
      found.push({step, key: name, cpuMs: median(costs), drawnMs: await measureDrawn(context, start, name)});
    }
  }
  return found;
};
