import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {exitCodes} from '../../src/commands/command.ts';
import {renderManual} from '../../src/commands/manual/render-manual.ts';
import {commonOptions} from '../../src/commands/options.ts';
import {verbs, wizardVerb} from '../../src/commands/verbs.ts';

const page = renderManual('1.2.3');
const plain = page.replaceAll(/\\f[BIR]/g, '').replaceAll(String.raw`\-`, '-');
const section = (name: string): string =>
  new RegExp(`^\\.SH ${name}\\n(.*?)^(?:\\.SH|$(?![^]))`, 'ms').exec(plain)?.[1] ?? '';

describe('the manual page', () => {
  it('has each command with its arguments and options', () => {
    for (const {name, positionals, options} of verbs) {
      expect(section('COMMANDS')).toContain(`.SS vfio-pilot ${name}\n`);
      expect(section('SYNOPSIS')).toMatch(
        new RegExp(
          `^vfio-pilot ${[name, ...positionals.map((one) => `\\[?${one.name.replace('|', '.')}`)].join(' ')}`,
          'm',
        ),
      );
      for (const option of Object.keys(options)) expect(section('COMMANDS')).toMatch(new RegExp(`--${option}\\b`));
    }
    for (const option of [...Object.keys(commonOptions), ...Object.keys(wizardVerb.options)])
      expect(plain).toContain(`--${option}`);
  });

  it('has each exit code, and names files that the documentation knows', () => {
    for (const code of Object.values(exitCodes)) expect(section('EXIT STATUS')).toContain(`.TP\n${code}\n`);
    const documented = readFileSync(join(import.meta.dirname, '../../docs/what-it-writes.md'), 'utf8');
    const paths = [...section('FILES').matchAll(/^\.TP\n(\S+)$/gm)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(4);
    const ours = paths.filter((path) => !/^\/(?:var\/lib|run)\/vfio-pilot/.test(path));
    expect(ours.filter((path) => !documented.includes(path.replace('*', '')))).toEqual([]);
  });

  it.skipIf(spawnSync('mandoc', ['/dev/null']).error !== undefined)(
    'has nothing that mandoc warns of (skipped where it is not installed)',
    () => {
      const lint = (text: string) => spawnSync('mandoc', ['-Tlint'], {input: text, encoding: 'utf8'});
      expect(lint(page)).toMatchObject({status: 0, stdout: '', stderr: ''});
      expect(lint(page.replace('.SH FILES', '.SX FILES')).stdout).toContain('unknown macro');
    },
  );
});
