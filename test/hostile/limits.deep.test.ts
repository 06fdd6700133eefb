import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';
import {unpackHost} from '../support/host-tree.ts';
import {commandLine, profilePath, runCli, runShell} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';

const profile = profilePath('dell-r710-gtx1050');

/** What the shell takes away before it starts the program. */
const wants: readonly (readonly [string, (line: string) => string])[] = [
  ['standard input closed', (line) => `${line} <&-`],
  ['standard output closed', (line) => `${line} >&-`],
  ['standard error closed', (line) => `${line} 2>&-`],
  ['all three closed', (line) => `${line} <&- >&- 2>&-`],
  ['a full disk for the output', (line) => `${line} > /dev/full`],
  ['no file larger than 1 KiB', (line) => `ulimit -f 1; ${line}`],
  ['no file larger than 8 KiB', (line) => `ulimit -f 8; ${line}`],
  ['25 descriptors', (line) => `ulimit -n 25; ${line}`],
  ['40 descriptors', (line) => `ulimit -n 40; ${line}`],
  ['no terminal worth the name', (line) => `TERM=dumb; export TERM; ${line}`],
  ['umask 777', (line) => `umask 777; ${line}`],
];

describe('a run that lacks something', () => {
  it('writes all or nothing, and what it could not finish the next run undoes', async () => {
    const done = unpackHost('dell-r710-gtx1050');
    await runCli(['apply', profile, '--root', done, '--yes']);
    const applied = treeState(done);
    const broken: string[] = [];
    for (const [what, without] of wants) {
      const root = unpackHost('dell-r710-gtx1050');
      const old = treeState(root);
      const {exitCode, stderr} = await runShell(without(commandLine(['apply', profile, '--root', root, '--yes'])));
      const isNew = (): boolean => Object.keys(differences(applied, treeState(root))).length === 0;
      const isOld = (): boolean =>
        Object.keys(differences(old, treeState(root))).filter((path) => !['/var', '/var/lib'].includes(path)).length ===
        0;
      const isTold = exitCode === 0 ? isNew() : isOld() || isNew();
      if (!isTold) await runCli(['rollback', '--root', root, '--yes']);
      const strays = readdirSync(join(root, 'etc'), {recursive: true, encoding: 'utf8'}).filter((path) =>
        path.includes('.vfio-pilot-'),
      );
      if ((exitCode === 0 && !isTold) || !(isNew() || isOld()) || strays.length > 0)
        broken.push(`${what}: ${exitCode} ${stderr}`);
    }
    figure('I3', '11/11 all or nothing', `${wants.length - broken.length}/${wants.length} all or nothing`);
    expect(broken).toEqual([]);
  });
});
