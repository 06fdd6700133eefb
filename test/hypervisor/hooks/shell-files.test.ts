import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';

const source = resolve(import.meta.dirname, '../../../src');
const files = readdirSync(source, {recursive: true, encoding: 'utf8'}).filter((name) => name.endsWith('.sh'));

/** Assigned at the top of the whole script; read by another file of it; lists of words, split on purpose. */
const meant = ['SC2154', 'SC2034', 'SC2086'];
const hasShellcheck = ['/usr/bin/shellcheck', '/usr/local/bin/shellcheck'].some((path) => existsSync(path));
const said = (argv: readonly [string, ...string[]]): string => {
  const [program, ...args] = argv;
  const {status, stdout, stderr} = spawnSync(program, args, {encoding: 'utf8'});
  return status === 0 ? '' : `${stdout}${stderr}` || 'it failed';
};

describe('shell that is written to hosts', () => {
  it('is in files of its own', () => expect(files.length).toBeGreaterThan(3));

  it.each(files)('%s is read by dash', (name) => {
    expect(said(['/bin/dash', '-n', join(source, name)])).toBe('');
  });

  it.skipIf(!hasShellcheck)('has nothing that shellcheck warns of', () => {
    const paths = files.map((name) => join(source, name));
    expect(said(['shellcheck', '--shell=sh', `--exclude=${meant.join(',')}`, ...paths])).toBe('');
  });
});
