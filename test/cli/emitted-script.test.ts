import {existsSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-emitted-'));
afterAll(() => rmSync(directory, {recursive: true, force: true}));

const [host, other] = ['xcp-ng-one-gpu', 'ryzen-two-cards'];
const root = unpackHost(host);
const place = (name: string): string => join(directory, name);
const emit = (file: string, profile = host, ...more: readonly string[]): ReturnType<typeof runCli> =>
  runCli(['plan', profilePath(profile), '--root', root, '--emit', file, ...more]);

describe('plan --emit FILE', () => {
  it('saves what export script prints, for its owner only, and says what to do with it', async () => {
    const {exitCode, stderr} = await emit(place('host.sh'));
    const exported = await runCli(['export', 'script', profilePath(host), '--root', root]);
    expect(exitCode).toBe(0);
    expect(readFileSync(place('host.sh'), 'utf8')).toBe(exported.stdout);
    expect(statSync(place('host.sh')).mode & 0o777).toBe(0o600);
    expect(stderr).toContain(
      `Saved ${place('host.sh')}: read it, then run it on the host: \`sh ${place('host.sh')} check\``,
    );
  });

  it('writes over no file', async () => {
    await emit(place('there.sh'));
    expect(await emit(place('there.sh'))).toMatchObject({exitCode: 2, stderr: expect.stringContaining('there.sh')});
  });

  it('saves nothing of a blocked plan', async () => {
    expect(await emit(place('blocked.sh'), other)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('The plan is blocked, so it was not saved.'),
    });
    expect(existsSync(place('blocked.sh'))).toBe(false);
  });

  it('is in the document', async () => {
    const {stdout} = await emit(place('json.sh'), host, '--json');
    expect(JSON.parse(stdout)).toMatchObject({emitted: place('json.sh')});
    const blocked = await emit(place('none.sh'), other, '--json');
    expect(JSON.parse(blocked.stdout)).toMatchObject({emitted: null});
  });
});
