import {execFileSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli, runShell} from '../support/run-cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-fleets-'));
afterAll(() => rmSync(directory, {recursive: true}));
const fleet = join(directory, 'fleet');
const profile = profilePath('ryzen-two-cards');

beforeAll(async () => {
  mkdirSync(fleet);
  const root = unpackHost('ryzen-two-cards');
  const {stdout} = await runCli(['facts', '--json', '--root', root]);
  writeFileSync(join(fleet, 'a.json'), stdout);
  const facts = JSON.parse(stdout) as {readonly iommu: object; readonly pci: readonly object[]};
  // Invented: the same host, and one with its IOMMU off.
  const off = {
    ...facts,
    iommu: {...facts.iommu, active: false, groups: []},
    pci: facts.pci.map((one) => ({...one, iommuGroup: null})),
  };
  writeFileSync(join(fleet, 'rack.jsonl'), `${stdout.trim()}\n\n${JSON.stringify(off)}\n`);
  await runCli(['capture', join(fleet, 'b.tar.gz'), '--root', root]);
  cpSync(root, join(fleet, 'tree'), {recursive: true, verbatimSymlinks: true});
  writeFileSync(join(fleet, 'broken.json'), '{"version": 1}');
  writeFileSync(join(fleet, 'notes.txt'), 'not a host');
  writeFileSync(join(fleet, 'c.tar.gz'), 'no archive');
  // What nobody would put there by name: it must not end the run, nor hold it up.
  mkdirSync(join(fleet, 'd.json'));
  symlinkSync('/nowhere', join(fleet, 'e.json'));
  execFileSync('mkfifo', [join(fleet, 'f.jsonl')]);
  writeFileSync(join(fleet, 'g.jsonl'), `${'x'.repeat(33 * 2 ** 20)}\n${stdout.trim()}`);
});

describe('fleet report', () => {
  it('reads documents, lines, captures and trees alike, finds the odd one, and names what it could not read', async () => {
    const {stdout, stderr, exitCode} = await runCli(['fleet', 'report', fleet, '--fit', profile, '--json']);
    expect([stderr, exitCode]).toEqual(['', 0]);
    expect(JSON.parse(stdout)).toMatchObject({
      hosts: 6,
      kinds: [{count: 6, usual: {memory: '31 GiB', IOMMU: 'on, interrupt remapping yes'}}],
      odd: [{host: 'rack:3', differences: [{trait: 'IOMMU', value: 'off'}, {trait: 'groups'}]}],
      profiles: [{profile: 'ryzen-two-cards', fits: 5, blocked: 1, differs: 0}],
      unread: [
        {host: 'broken', problem: expect.stringContaining('It is no document of `facts --json`: ') as string},
        {host: 'c', problem: expect.stringContaining('It is no capture: ') as string},
        {host: 'd', problem: 'It is no regular file.'},
        {host: 'e', problem: 'It is no regular file.'},
        {host: 'f', problem: 'It is no regular file.'},
        {host: 'g:1', problem: 'It is longer than 32 MiB.'},
      ],
    });
  });

  it('says the same as text, and saves a line for each host and a page that runs nothing', async () => {
    const [csv, html] = [join(directory, 'hosts.csv'), join(directory, 'hosts.html')];
    const {stdout, stderr, exitCode} = await runCli([
      'fleet',
      'report',
      join(fleet, 'rack.jsonl'),
      join(fleet, 'a.json'),
      '--csv',
      csv,
      '--html',
      html,
    ]);
    expect([stderr, exitCode]).toEqual([`Saved ${csv}.\nSaved ${html}.\n`, 0]);
    expect(stdout).toContain('3 hosts of 1 model\n');
    expect(stdout).toContain('  rack:3: IOMMU off (usual: on, interrupt remapping yes); groups ');
    const [head, ...rows] = readFileSync(csv, 'utf8').trimEnd().split('\r\n');
    expect(head).toBe('host,model,cores,memory,firmware,IOMMU,cards,groups,boot chain,kernel,odd');
    expect(rows.map((row) => [row.split(',')[0], row.endsWith(',yes')])).toEqual([
      ['rack:1', false],
      ['rack:3', true],
      ['a', false],
    ]);
    const page = readFileSync(html, 'utf8');
    expect(page).toContain('<td>rack:3</td><td>IOMMU</td><td>off</td>');
    expect(page).not.toMatch(/<script|<img|src=|href=/);
    // One for the model, of the first host of it.
    expect(page.match(/<svg /g)).toHaveLength(1);
    expect(page).toContain('The map of rack:1.');
    expect((await runCli(['fleet', 'report', fleet, '--csv', csv])).stderr).toContain(`${csv} exists already.`);
  });

  it('has a map of each model on the page, which share no id', async () => {
    const two = join(directory, 'two');
    mkdirSync(two);
    cpSync(join(fleet, 'a.json'), join(two, 'a.json'));
    const facts = JSON.parse(readFileSync(join(two, 'a.json'), 'utf8')) as {readonly cpu: object};
    // Invented: another processor.
    writeFileSync(join(two, 'b.json'), JSON.stringify({...facts, cpu: {...facts.cpu, model: 'Another'}}));
    const html = join(directory, 'two.html');
    await runCli(['fleet', 'report', two, '--html', html]);
    const ids = [...readFileSync(html, 'utf8').matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids.filter((id) => id?.endsWith('-title'))).toHaveLength(2);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('leaves nothing unpacked behind, and refuses what holds no host', async () => {
    const scratch = join(directory, 'scratch');
    mkdirSync(scratch);
    await runCli(['fleet', 'report', fleet], {env: {TMPDIR: scratch}});
    expect(readdirSync(scratch)).toEqual([]);
    for (const [args, problem] of [
      [[join(directory, 'none')], 'none does not exist.'],
      [[join(fleet, 'notes.txt')], 'notes.txt is not known to hold hosts.'],
      [[join(fleet, 'broken.json')], 'No host could be read; broken: '],
      [[scratch], 'No host could be read.'],
      [[], 'fleet report needs a DIR|FILE.'],
    ] as const) {
      const {stderr, exitCode} = await runCli(['fleet', 'report', ...args]);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining(problem)]);
    }
  });

  it('does not follow a capture out of its directory', async () => {
    const evil = join(directory, 'evil.tar.gz');
    const made = await runShell(
      `cd ${directory} && mkdir -p evil/etc && echo x > evil/etc/hostname && tar -czf ${evil} --transform 's,etc/hostname,../../escaped,' -C evil etc/hostname`,
    );
    expect(made.exitCode).toBe(0);
    const {stderr} = await runCli(['fleet', 'report', evil]);
    expect(stderr).toContain('could leave its directory');
  });

  it('keeps formulas of a host’s name out of the cells of a table', async () => {
    const file = join(directory, '=cmd.json');
    cpSync(join(fleet, 'a.json'), file);
    const csv = join(directory, 'formula.csv');
    await runCli(['fleet', 'report', file, '--csv', csv]);
    expect(readFileSync(csv, 'utf8')).toMatch(/\r\n'=cmd,/);
  });
});
