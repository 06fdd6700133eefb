import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {hasTmux} from '../cli/wizard-terminal.ts';

const repository = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-recording-'));
afterAll(() => rmSync(directory, {recursive: true}));

describe.skipIf(!hasTmux)('the recording in README (skipped where tmux is missing)', () => {
  it('shows what the program shows; after a change of the wizard, `npm run recording` draws it anew', () => {
    const file = join(directory, 'recording.svg');
    execFileSync(process.execPath, ['packaging/recording/run.js', file], {cwd: repository});
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(join(repository, 'docs/recording.svg'), 'utf8'));
  });
});
