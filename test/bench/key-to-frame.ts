import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {previewChanges} from '../../src/changes/preview.ts';
import {readHost} from '../../src/host/read-host.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {openSource} from '../../src/system/source.ts';
import type {Key} from '../../src/ui/read-keys.ts';
import type {WizardServices} from '../../src/ui/services.ts';
import {frameOf} from '../../src/ui/views/frame.ts';
import {viewOf, type WizardState} from '../../src/ui/wizard/state.ts';
import {reduce, startWizard} from '../../src/ui/wizard/wizard.ts';
import {makeBigHost} from '../support/make-big-host.ts';

/** CPU milliseconds of what one key costs before Ink draws: the reducer, and all rows of the next frame. */
export type KeyCost = {readonly step: string; readonly key: string; readonly cpuMs: number};

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
  commandStyle: {sudo: '', flags: ''},
  canApply: {ok: true},
  defaultProfilePath: (profile) => `/home/me/${profile.name}.yaml`,
};

const rounds = 9;
const keys: readonly Key[] = (['right', 'down', 'left', 'page-down', 'up'] as const).map((name) => ({name}));
const steps: readonly WizardState['step'][] = ['device', 'cpu', 'memory', 'guest', 'review'];

const cpuMs = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const {user, system} = process.cpuUsage(before);
  return (user + system) / 1000;
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The most expensive key of each step, median over the rounds; `null` as key: entering the step. */
export const measureKeys = (): readonly KeyCost[] => {
  const begun = startWizard(services, {columns: 80, rows: 24});
  const {context} = begun;
  const press = (state: WizardState, key: Key): WizardState => {
    const shown = {view: viewOf(state), pane: frameOf(context, state).pane};
    return reduce(context, state, {type: 'pressed', keys: [key], shown});
  };
  let {state} = begun;
  return steps.flatMap((step) => {
    // The first answer about an only card that can't be lent is to keep it, which leads back.
    while (state.step !== step)
      state = press(state.step === 'lend' ? press(state, {name: 'end'}) : state, {name: 'enter'});
    const start = state;
    return keys.map((key): KeyCost => {
      const {pane} = frameOf(context, start);
      const shown = {view: viewOf(start), pane};
      const costs = Array.from({length: rounds}, () =>
        cpuMs(() => {
          frameOf(context, reduce(context, start, {type: 'pressed', keys: [key], shown}));
        }),
      );
      return {step, key: key.name, cpuMs: median(costs)};
    });
  });
};
