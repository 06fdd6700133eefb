import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {afterAll, describe, expect, it} from 'vitest';
import {parseDocument} from 'yaml';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, program, runCli, runShell} from '../support/run-cli.ts';
import {codeBlocksOf, commandLinesOf, isOwnLine, pages} from './code-blocks.ts';
import {notRun, pictures} from './not-run.ts';

const repository = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-docs-'));
afterAll(() => rmSync(directory, {recursive: true}));

type Setting = {
  /** The host that the page is about, and the profile that its command lines name. */
  readonly host: string;
  readonly profile?: string | null;
  /** What was done on it before the page begins. */
  readonly before?: readonly string[];
};

const settings: Readonly<Record<string, Setting>> = {
  // It makes its profile itself.
  'docs/desktop-two-cards.md': {host: 'ryzen-two-cards', profile: null},
  'docs/server.md': {host: 'dual-socket-1gib', profile: null},
  'docs/laptop.md': {host: 'laptop-optimus'},
  'docs/proxmox.md': {host: 'proxmox-gpu'},
  'docs/xen.md': {host: 'xcp-ng-one-gpu', profile: 'xcp-ng-one-gpu'},
  'docs/undo.md': {host: 'ryzen-two-cards', before: ['vfio-pilot apply profile.yaml']},
};
const usual: Setting = {host: 'ryzen-two-cards'};

/** Exit codes that mean that the line was understood and did its work; 0 alone for the others. */
const accepted: Readonly<Record<string, readonly number[]>> = {
  // Nothing was restarted, so a promise of the next boot is not kept; without a trial there is nothing to confirm.
  verify: [0, 3, 6],
  confirm: [0, 6],
};

/** Stand-ins for what starts the program elsewhere. Whatever a line says, it only sees the tree in ROOT. */
const standIns = {
  sudo: 'exec "$@"',
  ssh: 'shift; exec "$@"',
  // Instead of the system's own directories.
  tee: 'mkdir -p "$ROOT$(dirname "$1")" && cat >"$ROOT$1"',
  npx: 'case $1 in vfio-pilot | ./vfio-pilot-*.tgz) shift ;; *) exit 99 ;; esac; exec vfio-pilot "$@"',
  // No other host is reached: what is read over ssh is the tree.
  'vfio-pilot': `host=
for word; do
  shift
  if [ -n "$host" ]; then host=; continue; fi
  if [ "$word" = --host ]; then host=next; continue; fi
  set -- "$@" "$word"
done
case " $* " in *" --demo "* | *" --root "*) ;; *) set -- "$@" --root "$ROOT" ;; esac
case $1 in apply | rollback | confirm) set -- "$@" --yes ;; esac
exec ${process.execPath} ${program} "$@"`,
};

const prepare = (page: string, {host, profile = host}: Setting) => {
  const place = join(directory, page.replaceAll('/', '-'));
  const bin = join(place, 'bin');
  for (const path of [bin, join(place, 'in'), join(place, 'home/.config/fish/completions'), join(place, 'in/facts')])
    mkdirSync(path, {recursive: true});
  for (const [name, text] of Object.entries(standIns)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  for (const name of profile === null ? [] : ['profile.yaml', 'inference.yaml'])
    copyFileSync(profilePath(profile ?? ''), join(place, 'in', name));
  const root = unpackHost(host);
  return {
    run: (line: string) =>
      // Where the page has a disk of another host, or an unpacked capture, there is this one.
      runShell(`cd ${join(place, 'in')} && ${line.replaceAll(/--root (?:\/mnt\/host1|node1)\b/g, `--root ${root}`)}`, {
        PATH: `${bin}:/usr/bin:/bin`,
        HOME: join(place, 'home'),
        XDG_STATE_HOME: join(place, 'state'),
        TMPDIR: place,
        ROOT: root,
      }),
    remove: () => rmSync(root, {recursive: true}),
  };
};

const blocks = pages.flatMap((page) => codeBlocksOf(page));
const commandBlocks = (page: string) =>
  codeBlocksOf(page).filter(({language, text}) => language === '' && !pictures.some((start) => text.startsWith(start)));
const verbOf = (line: string): string => /(?:vfio-pilot|\.tgz) ([a-z]+)/.exec(line)?.[1] ?? '';
const ownPages = pages.filter((page) => commandBlocks(page).some((block) => commandLinesOf(block).some(isOwnLine)));

describe('the command lines of README and docs', () => {
  it.each(ownPages)(
    '%s: those of this program are run, from the first to the last, on a host that it is about',
    async (page) => {
      const setting = settings[page] ?? usual;
      const {run, remove} = prepare(page, setting);
      const failures: unknown[] = [];
      for (const line of setting.before ?? []) expect((await run(line)).exitCode).toBe(0);
      for (const block of commandBlocks(page))
        for (const line of commandLinesOf(block).filter(isOwnLine)) {
          const {stdout, stderr, exitCode} = await run(line);
          // The wizard, which wants a terminal: test/cli/wizard.deep.test.ts walks it.
          const isWizard = verbOf(line) === '' && !line.includes('--version');
          // The trees have no complete grub.cfg, so that a trial is planned and then refused; the lab has trials.
          const isTrial = line.includes('--trial') && stdout.includes('[trial-impossible]');
          const isRight = isWizard
            ? exitCode === 2 && stderr.includes('terminal')
            : isTrial || (accepted[verbOf(line)] ?? [0]).includes(exitCode ?? -1);
          if (!isRight) failures.push([block.place, line, exitCode, stderr, stdout.slice(-500)]);
        }
      remove();
      expect(failures).toEqual([]);
    },
  );

  it('that are of other programs are listed, each with what runs it or why nothing does', () => {
    const lines = pages.flatMap(commandBlocks).flatMap((block) => commandLinesOf(block));
    const foreign = [...new Set(lines.filter((line) => !isOwnLine(line)))];
    expect(foreign.sort()).toEqual(notRun.map(({line}) => line).sort());
    for (const {line, by, because} of notRun) {
      expect((by === undefined) !== (because === undefined), line).toBe(true);
      if (by !== undefined) expect(readFileSync(join(repository, by[0]), 'utf8'), line).toContain(by[1]);
    }
  });

  it('name npm scripts that exist', () => {
    const {scripts} = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = blocks.flatMap(({text}) => [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name ?? ''));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('the other blocks of README and docs', () => {
  // A playbook is a list, a profile is not.
  const [playbooks, profiles] = [true, false].map((isList) =>
    blocks.filter(({language, text}) => language === 'yaml' && text.startsWith('- ') === isList),
  ) as [typeof blocks, typeof blocks];

  it('in YAML are profiles that decode without a word of complaint', () => {
    expect(profiles.length).toBeGreaterThan(4);
    for (const {place, text} of profiles) expect(decodeProfile(text, place).findings, place).toEqual([]);
  });

  const collection = join(repository, 'integrations/ansible');

  it('in YAML are playbooks of modules and roles that the collection has', () => {
    const named = playbooks.flatMap(({place, text}) => {
      expect(parseDocument(text).errors, place).toEqual([]);
      return [...text.matchAll(/\bvfio_pilot\.host\.(\w+)/g)].map(([, name = '']) => name);
    });
    expect(named.length).toBeGreaterThan(2);
    for (const name of named)
      expect(
        ['plugins/modules/NAME.py', 'roles/NAME'].some((path) =>
          existsSync(join(collection, path.replace('NAME', name))),
        ),
        name,
      ).toBe(true);
  });

  it('in INI are inventories with variables that the role knows', () => {
    const known = readFileSync(join(collection, 'roles/gpu_host/defaults/main.yml'), 'utf8');
    const set = blocks
      .filter(({language}) => language === 'ini')
      .flatMap(({text}) => [...text.matchAll(/^(vfio_pilot_\w+)=/gm)].map(([, name = '']) => name));
    expect(set.length).toBeGreaterThan(1);
    expect(set.filter((name) => !known.includes(`${name}:`))).toEqual([]);
  });

  it('in JSON are documents of the schema that the page names', async () => {
    const documents = blocks.filter(({language}) => language === 'json');
    expect(documents.map(({place}) => place)).toEqual([expect.stringMatching(/^docs\/json\.md:/)]);
    const {stdout} = await runCli(['schema', 'error']);
    const validate = new Ajv2020({strict: false}).compile(JSON.parse(stdout));
    for (const {place, text} of documents) expect(validate(JSON.parse(text)), place).toBe(true);
  });

  it('have no other language', () => {
    expect([...new Set(blocks.map(({language}) => language))].sort()).toEqual(['', 'ini', 'json', 'yaml']);
  });
});

describe('the links of README and docs', () => {
  it('lead to files that are there, and every page is linked from README', () => {
    const broken: string[] = [];
    const linked = new Set<string>();
    for (const page of pages) {
      const text = readFileSync(join(repository, page), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(((?!https?:)[^)#]+)(?:#[\w-]+)?\)/g)) {
        const file = resolve(repository, page, '..', target);
        if (!existsSync(file)) broken.push(`${page}: ${target}`);
        linked.add(file);
      }
    }
    expect(broken).toEqual([]);
    expect(pages.filter((page) => page !== 'README.md' && !linked.has(join(repository, page)))).toEqual([]);
  });

  it('and the files that they name as proof are there', () => {
    for (const page of pages.filter((one) => one !== 'CONTRIBUTING.md'))
      for (const [, file = ''] of readFileSync(join(repository, page), 'utf8').matchAll(
        /`((?:test|\.ci|profiles)\/[\w./-]+)`/g,
      ))
        expect(existsSync(join(repository, file)), `${page}: ${file}`).toBe(true);
  });
});
