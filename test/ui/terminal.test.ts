import {type ChildProcessWithoutNullStreams, spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build} from 'esbuild';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';

/** util-linux: runs a command in a pseudo-terminal and hands on what is typed. */
const hasScript = spawnSync('script', ['--version']).status === 0;
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-terminal-'));
const program = join(directory, 'pty-wizard.mjs');

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, 'pty-wizard.ts')],
    outdir: directory,
    outExtension: {'.js': '.mjs'},
    bundle: true,
    loader: {'.sh': 'text'},
    splitting: true,
    format: 'esm',
    platform: 'node',
    jsx: 'automatic',
    external: ['react-devtools-core'],
    define: {'process.env.NODE_ENV': '"production"'},
    banner: {
      js: "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
});
afterAll(() => rmSync(directory, {recursive: true}));

const open = (settings: Readonly<Record<string, string>> = {}) => {
  const command = `stty cols 80 rows 24; ${process.execPath} ${program}; stty -a`;
  const child: ChildProcessWithoutNullStreams = spawn('script', ['-qec', command, '/dev/null'], {
    env: {...process.env, TERM: 'xterm', LANG: 'C.UTF-8', CI: 'true', ...settings},
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  /** Resolves with all that came since the call, once it holds the text. */
  const see = (text: string | RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!(typeof text === 'string' ? output.includes(text) : text.test(output))) return;
        const seen = output;
        output = '';
        child.stdout.off('data', look);
        resolve(seen);
      };
      child.stdout.on('data', look);
      child.on('close', () => reject(new Error(`ended without showing ${String(text)}: ${output}`)));
      look();
    });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return {see, closed, type: (text: string) => child.stdin.write(text), child};
};

const both = (one: string, other: string): RegExp => new RegExp(`${one}[^]*${other}|${other}[^]*${one}`);

describe.skipIf(!hasScript)('in a real terminal (needs the program script)', () => {
  it('takes the colours for white when the terminal says so, and a late answer presses no key', async () => {
    const white = '\u001b]11;rgb:ffff/ffff/ffff\u001b\\\u001b[?1;2c';
    const {see, type, closed} = open({VFIO_PILOT_COLOUR: '1', COLORTERM: 'truecolor'});
    await see('\u001b]11;?');
    type(white);
    await see('\u001b[38;2;27;124;131m');
    type('\u0003');
    await closed;
    const late = open({VFIO_PILOT_COLOUR: '1'});
    await late.see('q\u001b[39m leave');
    late.type(`${white}\r`);
    expect(await late.see('step 1 of 9')).not.toContain('ffff');
    late.type('\u0003');
    await late.closed;
  });

  it('says that it reads the machine, draws although CI is set, and chooses the right row when Down and Enter arrive in one read', async () => {
    const {see, type, closed} = open();
    await see('Reading this machine ...');
    await see(both('This machine', 'keys are read'));
    type('\r');
    await see('step 1 of 9');
    type('\r');
    await see('(•) ✓ 0000:06:00.0');
    type('\u001b[B\r');
    await see('step 3 of 9  CPU');
    type('\u001b');
    await see('❯ (•) ✓ 0000:0a:03.0');
    type('\u0003');
    expect(await see('ended interrupted')).not.toContain('CPU');
    await closed;
  });

  it('gives the terminal back on Ctrl-C: main screen, cursor, echo and lines', async () => {
    const {see, type, closed} = open();
    expect(await see(both('q leave', 'keys are read'))).toContain('\u001b[?1049h');
    type('\u0003');
    const after = await see(/ended interrupted[^]*iexten[^]*\n/);
    expect(after).toMatch(/\u001b\[\?25h\u001b\[\?1049l[^]*ended interrupted/);
    expect(after).toMatch(/[^-]icanon/);
    expect(after).toMatch(/[^-]echo /);
    await closed;
  });
});
