import {cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {apply} from '../../src/commands/apply.ts';
import {type BaseContext, type Command, present} from '../../src/commands/command.ts';
import {describeProgress} from '../../src/commands/describe-progress.ts';
import {openHere} from '../../src/hosts/here.ts';
import {rollback} from '../../src/commands/rollback.ts';
import {verify} from '../../src/commands/verify.ts';
import {isObject} from '../../src/decode/decode.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {never} from '../transaction/scenario.ts';

type Said = {readonly exitCode: number; readonly out: string; readonly err: string};

const common = {'dry-run': false, yes: true, resume: false, 'keep-edits': false, trial: false};

const run = async <Options, Result, Document>(
  command: Command<Options, Result, Document>,
  positionals: readonly string[],
  options: Options,
): Promise<Said> => {
  const said = {out: '', err: ''};
  const note = (text: string): void => void (said.err += text);
  const host = openHere(root, '0.0.0', false);
  const context: BaseContext = {
    positionals,
    json: false,
    isPlain: true,
    demo: null,
    over: null,
    version: '0.0.0',
    style: {
      hasColor: false,
      columns: 80,
      program: 'vfio-pilot',
      typed: (verb) => `vfio-pilot ${verb}`,
      hint: (text) => text,
    },
    host: async () => host,
    show: (text) => void (said.out += text),
    note,
    onProgress: describeProgress(note, {json: false, isDry: false, isLive: false}),
    confirm: async () => true,
    signal: never,
  };
  const {exitCode, out, remarks} = present(command, await command.run({...context, options}), context);
  const shown = typeof out === 'string' ? out : [...out].join('');
  return {exitCode, out: said.out + shown, err: said.err + remarks};
};

/** The paths of all members, of the first element of each list. */
const membersOf = (value: unknown): readonly (readonly string[])[] => {
  if (Array.isArray(value)) return membersOf(value[0]).map((path) => ['0', ...path]);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    [name],
    ...membersOf(inner).map((path): readonly string[] => [name, ...path]),
  ]);
};

const without = (value: unknown, [name = '', ...rest]: readonly string[]): unknown => {
  if (Array.isArray(value))
    return value.map((one: unknown, index) => (String(index) === name ? without(one, rest) : one));
  if (!isObject(value)) return value;
  if (rest.length > 0) return {...value, [name]: without(value[name], rest)};
  return Object.fromEntries(Object.entries(value).filter(([other]) => other !== name));
};

const root = unpackHost('two-identical-cards');
const saved = mkdtempSync(join(tmpdir(), 'vfio-pilot-saved-'));
const written = ['etc', 'boot', 'var'];
const writtenState = (): unknown => ['etc', 'boot'].map((name) => treeState(join(root, name)));
afterAll(() => rmSync(saved, {recursive: true, force: true}));

const [before, untouched] = [treeState(root), writtenState()];
const applied = await run(apply, [profilePath('two-identical-cards')], common);
const journals = join(root, 'var/lib/vfio-pilot/journal');
const planPath = join(journals, readdirSync(journals)[0] ?? '', 'plan.json');
const plan: unknown = JSON.parse(readFileSync(planPath, 'utf8'));
for (const name of written) cpSync(join(root, name), join(saved, name), {recursive: true, verbatimSymlinks: true});

const applyAgain = (): void => {
  for (const name of written) {
    rmSync(join(root, name), {recursive: true, force: true});
    cpSync(join(saved, name), join(root, name), {recursive: true, verbatimSymlinks: true, preserveTimestamps: true});
  }
};

/** Applied again, with this as its plan; without any where it is `null`. */
const applyWith = (json: string | null): void => {
  applyAgain();
  rmSync(planPath);
  if (json !== null) writeFileSync(planPath, json);
};
const verifyIt = (): Promise<Said> => run(verify, [], {});
const undoIt = (): Promise<Said> => run(rollback, [], common);

describe('without a plan that can be read', () => {
  it.each([
    ['missing', null, 'it is missing or cannot be read'],
    ['torn', '{', 'it is cut off or was edited'],
    ['empty', '', 'it is cut off or was edited'],
    ['newer', '{"version": 7, "plan": {"version": 7}}', 'it has version 7, and this program reads version 3'],
    ['of another shape', '{"version": 1, "plan": []}', 'plan is no object'],
  ])(
    '(%s) rollback restores to the byte and says what it leaves out, and verify compares the files',
    async (_, json, why) => {
      applyWith(json);
      const verified = await verifyIt();
      const undone = await undoIt();
      expect(undone.exitCode).toBe(0);
      expect(differences(before, treeState(root))).toEqual({});
      expect(undone.err).toContain(why);
      expect(undone.err).toContain('update-initramfs -u -k all');
      expect(verified.exitCode).toBe(3);
      expect(verified.out).toContain(why);
      expect(verified.out).toMatch(/kept +\/etc\/default\/grub\S* still has what was applied\./);
      expect(verified.out).toMatch(/, 1 not kept, 0 pending, \d+ unknown/);
    },
  );
});

describe('without one member of the plan', () => {
  const members = membersOf(plan).map((member) => ({
    member,
    path: member.join('.').replaceAll(/\.(\d+)/g, '[$1]'),
  }));

  it('is tried with all of them', () => {
    expect(applied.exitCode).toBe(0);
    expect(members.length).toBeGreaterThan(80);
  });

  it.each(members)('($path) rollback restores to the byte, and verify says what is missing', async ({member, path}) => {
    applyWith(JSON.stringify(without(plan, member)));
    // The answer of verify does not depend on how deep the member was.
    const verified = member.length < 3 ? await verifyIt() : null;
    const undone = await undoIt();
    expect(undone.exitCode).toBe(0);
    expect(writtenState()).toEqual(untouched);
    // Counts by node, of which a plan need have none.
    const isNeedless = /\.(?:perNode|reserved|release|othersKiB)\[\d+\]$/.test(path);
    if (isNeedless) expect(undone.err).not.toContain('are left out');
    else expect(undone.err).toContain(`${path} is missing`);
    if (verified !== null) {
      expect(verified.exitCode).toBe(3);
      expect(verified.out).toContain(`${path} is missing`);
      expect(verified.out).toMatch(/\d+ kept, 1 not kept/);
    }
  });
});
