import {mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {SaxesParser} from 'saxes';
import {afterAll, describe, expect, it} from 'vitest';
import type {BaseContext} from '../../src/commands/command.ts';
import {mapTexts, type Page} from '../../src/commands/report/report-page.ts';
import {renderHtml} from '../../src/commands/report/render-html.ts';
import {renderMarkdown} from '../../src/commands/report/render-markdown.ts';
import {report} from '../../src/commands/report/report.ts';
import {NoRightsError} from '../../src/errors.ts';
import {openHere} from '../../src/hosts/here.ts';
import type {Host} from '../../src/hosts/host.ts';
import {hostNames, unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-report-'));
afterAll(() => rmSync(directory, {recursive: true}));

let count = 0;
const reportOf = async (
  host: Host,
  ending: 'md' | 'html',
  profile?: string,
): Promise<{readonly text: string; readonly file: string; readonly leftOut: string | null}> => {
  count += 1;
  const file = join(directory, `${count}.${ending}`);
  const context = {positionals: [file], version: '1.2.3', host: async () => host} as unknown as BaseContext;
  const {leftOut} = await report.run({...context, options: profile === undefined ? {} : {profile}});
  return {text: readFileSync(file, 'utf8'), file, leftOut};
};

/** Element names of a page that is well-formed, each once. */
const elementsOf = (html: string): ReadonlySet<string> => {
  const names = new Set<string>();
  const parser = new SaxesParser({fragment: false});
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({name, attributes}) => {
    names.add(name);
    for (const [attribute, value] of Object.entries(attributes))
      if (/^on|^href$|^src$/i.test(attribute)) throw new Error(`${name} has ${attribute}=${String(value)}`);
  });
  parser.write(html).close();
  return names;
};

describe('a report', () => {
  it.each(hostNames())('of %s is one page in both forms, which runs and loads nothing', async (name) => {
    const opened = openHere(unpackHost(name), '1.2.3', false);
    const facts = await opened.facts();
    const host: Host = {...opened, facts: async () => facts};
    const markdown = await reportOf(host, 'md');
    for (const title of ['Hardware and system', 'Checks', 'IOMMU groups', 'What is applied'])
      expect(markdown.text).toContain(`\n## ${title}\n`);
    expect(markdown.text).not.toContain('<svg');
    expect(markdown.text).toMatch(/\n\|  \|  \|\n\| --- \| --- \|\n\| CPU \|/);
    expect(markdown.text).toMatch(/\| Kernel \| \d+\.\d+\.[\w.+-]+ \|/);
    expect(statSync(markdown.file).mode & 0o777).toBe(0o600);
    const elements = elementsOf((await reportOf(host, 'html')).text);
    for (const wanted of ['svg', 'table', 'pre']) expect(elements).toContain(wanted);
    for (const active of ['script', 'img', 'link', 'iframe', 'object', 'a', 'image', 'use'])
      expect(elements).not.toContain(active);
  });

  it('has the plan of a profile with its verdict, and after it is applied the run and each promise', async () => {
    const root = unpackHost('dell-r710-gtx1050');
    const host = openHere(root, '1.2.3', false);
    const profile = profilePath('dell-r710-gtx1050');
    const before = (await reportOf(host, 'md', profile)).text;
    expect(before).toContain('\n## Plan of profile dell-r710-gtx1050\n\nReady: 6 files, 3 commands and a reboot;');
    expect(before).toContain('<summary>replace /etc/default/grub</summary>\n\n```diff\n--- /etc/default/grub\n');
    expect(before).toContain('No run was ever applied here.');
    await runCli(['apply', profile, '--root', root, '--yes']);
    const after = (await reportOf(host, 'md')).text;
    expect(after).toMatch(/\| 20\d+T\d+Z-\w+ \| applied \| dell-r710-gtx1050 \|/);
    expect(after).toMatch(/\| kept \| .*modprobe\.d/);
    expect(after).toMatch(/\| pending \|/);
  });

  it('says so where the journals cannot be read, and has the rest', async () => {
    const host: Host = {
      ...openHere(unpackHost('ryzen-two-cards'), '1.2.3', false),
      history: async () => {
        throw new NoRightsError('Only root can.', 'Run it with sudo.');
      },
    };
    const {text, leftOut} = await reportOf(host, 'md');
    expect(leftOut).toMatch(/only root can read the journals/);
    expect(text).toContain(leftOut);
    expect(text).toContain('## Checks');
  });

  it('names neither the host nor its addresses, serials and passwords', async () => {
    const root = unpackHost('dell-r710-gtx1050');
    const put = (path: string, text: string): void => {
      mkdirSync(dirname(join(root, path)), {recursive: true});
      rmSync(join(root, path), {force: true});
      writeFileSync(join(root, path), text);
    };
    const line = readFileSync(join(root, 'proc/cmdline'), 'utf8').trim();
    put('proc/sys/kernel/hostname', 'kalliope\n');
    put(
      'proc/cmdline',
      `${line} rd.lvm.vg=kalliope--vg rd.luks.uuid=f81d4fae-7dec-11d0-a765-00a0c91e6bf6 ip=198.51.100.9 password=hunter2\n`,
    );
    // Without a default route the session is why the card is needed.
    put(
      'proc/net/route',
      'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neno1\t006433C6\t00000000\t0001\t0\t0\t100\t00FFFFFF\n',
    );
    // Invented: a session of ssh from 198.51.100.7 to 198.51.100.9, as the kernel writes it.
    put('proc/net/tcp', '  sl  local_address rem_address   st\n   0: 096433C6:0016 076433C6:D431 01\n');
    const host = openHere(root, '1.2.3', false);
    const chains = (await host.facts()).needs.map(({chain}) => chain).join('\n');
    expect(chains).toContain('the ssh session from 198.51.100.7');
    for (const ending of ['md', 'html'] as const) {
      const {text} = await reportOf(host, ending);
      expect(text).toContain('the ssh session from 192.0.2.0');
      expect(text).toContain('0000:06:00.0');
      expect(text).not.toMatch(/kalliope|198\.51\.100|f81d4fae|hunter2/);
    }
  });

  it('is never written over a file, and has an ending that says what it is', async () => {
    const root = unpackHost('dell-r710-gtx1050');
    const file = join(directory, 'mine.md');
    writeFileSync(file, 'mine');
    const over = await runCli(['report', file, '--root', root]);
    expect([over.exitCode, over.stderr, readFileSync(file, 'utf8')]).toEqual([
      2,
      expect.stringContaining(`${file} exists already.`),
      'mine',
    ]);
    const other = await runCli(['report', 'report.pdf', '--root', root]);
    expect([other.exitCode, other.stderr]).toEqual([2, expect.stringContaining('ends neither in .md nor in .html')]);
  });
});

const page = (text: string): Page => ({
  title: text,
  lead: text,
  sections: [
    {
      title: text,
      blocks: [
        {kind: 'text', text},
        {kind: 'list', items: [text]},
        {kind: 'table', head: [text], rows: [[text]]},
        {kind: 'code', title: text, language: 'text', text},
        {kind: 'picture', svg: '<svg/>'},
      ],
    },
  ],
});

describe('text of a machine', () => {
  const nasty = '</pre></details><script>x</script> "q" ![x](http://x/y) @all #12 | `` ```` \n# heading';

  it('means nothing in HTML', () => expect([...elementsOf(renderHtml(page(nasty)))]).not.toContain('script'));

  it('means nothing in Markdown outside of a fence, which it cannot end', () => {
    const rendered = renderMarkdown(page(nasty));
    const fence = /^`{5}\n[^]*\n`{5}$/m;
    expect(rendered).toMatch(fence);
    const rest = rendered.replace(fence, '');
    expect(rest).not.toMatch(/<script|<\/pre|(?<!\\)!\[x\]\(|:\/\/|@all|#12|(?<!\\)\[x/);
    expect(rest.match(/^#+ /gm)).toHaveLength(2);
    // One row has as many cells as its head.
    const rows = rest.split('\n').filter((line) => line.startsWith('|'));
    expect(rows.map((row) => row.match(/(?<!\\)\|/g)?.length)).toEqual([2, 2, 2]);
  });

  it('is changed wherever it is in the page', () => {
    expect(JSON.stringify(mapTexts(page('secret'), () => 'x'))).not.toContain('secret');
  });
});
