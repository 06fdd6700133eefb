import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {previewChanges} from '../../src/changes/preview.ts';
import {TransactionError} from '../../src/errors.ts';
import {readHost} from '../../src/host/read-host.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {openSource} from '../../src/system/source.ts';
import {parseTree, unpackTree} from '../../src/system/tree-file.ts';
import {describeOutcome} from '../../src/ui/describe-outcome.ts';
import {refuseWizard} from '../../src/ui/plain-refusal.ts';
import type {WizardServices} from '../../src/ui/services.ts';
import {startWizard} from '../../src/ui/start-wizard.ts';

/** For looking at the wizard by hand: bundle this with esbuild and run it in a terminal, HOST being a name in test/hosts. */

const [tree = '', saved] = process.argv.slice(2);
const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-dev-'));
unpackTree(parseTree(readFileSync(tree, 'utf8')), root);
const facts = readHost(openSource(root, null));
rmSync(root, {recursive: true});

/** A step a second, so that there is time to press Ctrl-C. */
const pretendToApply: WizardServices['apply'] = async (changes, _plan, onProgress, signal) => {
  for (const change of changes) {
    onProgress({kind: 'step', title: `${change.kind} ${change.path}`});
    for (let row = 0; row < 5; row += 1) {
      onProgress({
        kind: 'output',
        lastLines: Array.from({length: row + 1}, (_, index) => `line ${index + 1} of the output`),
      });
      await new Promise((done) => setTimeout(done, 200));
    }
    if (signal.aborted) {
      await new Promise((done) => setTimeout(done, 1500));
      throw new TransactionError('Stopped because you asked for it.', {
        step: change.path,
        isRestored: true,
        isInterrupted: true,
        nextStep: 'Nothing to do.',
      });
    }
  }
  return {id: '20260102-030405'};
};

const services: WizardServices = {
  facts,
  machine: {isReadable: true, applied: null, runs: []},
  checks: [
    {id: 'vt-d', status: 'ok', title: 'VT-d is on', fact: 'ACPI table DMAR; 32 IOMMU groups', remedy: null},
    {
      id: 'interrupt-remapping',
      status: 'warning',
      title: 'Interrupts are not remapped',
      fact: 'DMAR flags bit 0 is 0',
      remedy: "Look for 'Interrupt Remapping' or 'x2APIC' in the firmware set-up.",
    },
    {id: 'secure-boot', status: 'info', title: 'Secure Boot is off', fact: 'SecureBoot variable is 0', remedy: null},
  ],
  savedProfiles:
    saved === undefined
      ? []
      : [
          {
            path: saved,
            text: '',
            profile: proposeProfile(
              facts,
              facts.pci
                .filter((one) => one.class.startsWith('03'))
                .slice(-1)
                .map((one) => one.address),
            ),
          },
        ],
  drafts: null,
  preview: (profile) => previewChanges(facts, profile),
  judge: (profile) => previewChanges(facts, profile),
  proposeProfile: (devices) => proposeProfile(facts, devices),
  files: {
    findImages: () => Promise.resolve([]),
    list: () => Promise.resolve([]),
    lookAt: () => Promise.resolve({kind: 'absent'}),
  },
  saveTodo: () => ({path: '/home/me/todo.md'}),
  saveText: (name) => ({path: `/home/me/${name}`}),
  asWritten: (profile) => profile,
  edit: () => '',
  saveProfile: (_profile, path) =>
    path.startsWith('/nowhere') ? {problem: `ENOENT: no such directory ${path}`} : {path},
  apply: pretendToApply,
  trial: null,
  verify: () => Promise.resolve([]),
  planRollback: () => Promise.reject(new Error('Nothing is applied here.')),
  rollback: () => Promise.reject(new Error('Nothing is applied here.')),
  isDemo: true,
  isDryRun: false,
  commandStyle: {program: 'vfio-pilot', sudo: '', flags: ` --root ${root}`},
  canApply:
    process.env['NO_APPLY'] === undefined
      ? {ok: true}
      : {ok: false, label: 'read-only: not root', reason: 'Only root can apply.'},
  defaultProfilePath: (profile) => `/etc/vfio-pilot/profiles/${profile.name}.yaml`,
};

const refusal = refuseWizard({
  stdinIsTty: process.stdin.isTTY,
  stdoutIsTty: process.stdout.isTTY,
  term: process.env['TERM'],
});
if (refusal === null) {
  const outcome = await startWizard(() => Promise.resolve(services), {
    stdin: process.stdin,
    stdout: process.stdout,
    environment: process.env,
    isPlain: false,
    background: null,
    hasMouse: true,
  });
  for (const row of describeOutcome(outcome, services.commandStyle)) console.log(row);
  console.log(JSON.stringify({...outcome, error: outcome.error instanceof Error ? outcome.error.message : null}));
} else {
  console.error(`${refusal.reason} ${refusal.instead}`);
  process.exitCode = 2;
}
