import {describe, expect, it} from 'vitest';
import type {Artifact, CommandArtifact, FileArtifact, GeneratedArtifact} from '../../src/artifacts/artifact.ts';
import {compareArtifacts} from '../../src/changes/compare-artifacts.ts';
import type {FileFacts} from '../../src/facts/files.ts';
import {defaultShape, sampleFacts} from '../support/sample-facts.ts';
import {sampleFile} from '../support/sample-plan.ts';

const path = '/etc/modprobe.d/vfio-pilot.conf';
const wanted: FileArtifact = {
  kind: 'file',
  path,
  text: 'new\n',
  encoding: 'utf8',
  mode: 0o644,
  placing: 'first',
  by: 'writer',
  why: ['because'],
};
const compare = (artifacts: readonly Artifact[], ...present: readonly FileFacts[]) =>
  compareArtifacts(
    sampleFacts(defaultShape, {files: Object.fromEntries(present.map((file) => [file.path, file]))}),
    artifacts,
  );

describe('a file compared with the present', () => {
  it('that is not there is created with its mode, and expects absence', () => {
    expect(compare([wanted])).toEqual([
      {
        kind: 'create',
        path,
        expected: {state: 'absent'},
        content: {text: 'new\n', encoding: 'utf8', mode: 0o644},
        placing: 'first',
        by: 'writer',
        diff: `new file mode 0644\n--- /dev/null\n+++ ${path}\n@@ -0,0 +1,1 @@\n+new\n`,
        why: ['because'],
      },
    ]);
  });

  it('that differs is replaced, keeps its mode, and expects the fingerprint that was read', () => {
    const present = sampleFile(path, 'old\n', {mode: 0o600, uid: 3, gid: 4, sha256: 'abc'});
    expect(compare([wanted], present)).toEqual([
      {
        kind: 'replace',
        path,
        expected: {state: 'file', sha256: 'abc', mode: 0o600, uid: 3, gid: 4},
        content: {text: 'new\n', encoding: 'utf8', mode: 0o600},
        placing: 'first',
        by: 'writer',
        diff: `--- ${path}\n+++ ${path}\n@@ -1,1 +1,1 @@\n-old\n+new\n`,
        why: ['because'],
      },
    ]);
  });

  it('that is already so yields nothing, whatever its mode', () => {
    expect(compare([wanted], sampleFile(path, 'new\n', {mode: 0o600}))).toEqual([]);
  });

  it('of the same letters in other bytes is not the same', () => {
    expect(compare([{...wanted, text: 'ä\n'}], sampleFile(path, 'ä\n', {encoding: 'latin1'}))).toHaveLength(1);
  });

  it('that is a link now is replaced, and expects that link', () => {
    const link = sampleFile(path, '', {state: 'symlink', text: null, target: '/elsewhere'});
    expect(compare([wanted], link)).toMatchObject([
      {kind: 'replace', expected: {state: 'symlink', target: '/elsewhere'}},
    ]);
  });

  it('that may not be read is no empty file: the fingerprint can never be met', () => {
    const denied = sampleFile(path, '', {state: 'denied', text: null, sha256: null});
    expect(compare([wanted], denied)).toMatchObject([{kind: 'replace', expected: {state: 'file', sha256: ''}}]);
  });
});

describe('a link compared with the present', () => {
  const link = {kind: 'symlink', path, target: '/unit', why: []} as const;
  const present = (target: string): FileFacts => sampleFile(path, '', {state: 'symlink', text: null, target});

  it('is created, turned around, or left', () => {
    expect(compare([link])).toMatchObject([
      {
        kind: 'create',
        target: '/unit',
        expected: {state: 'absent'},
        diff: expect.stringMatching(/^symbolic link\n--- \/dev\/null\n[^]*\+\/unit\n/) as string,
      },
    ]);
    expect(compare([link], present('/other'))).toMatchObject([
      {kind: 'replace', target: '/unit', expected: {state: 'symlink', target: '/other'}},
    ]);
    expect(compare([link], present('/unit'))).toEqual([]);
  });
});

describe('an absence compared with the present', () => {
  const absent = {kind: 'absent', path, why: ['not needed']} as const;

  it('removes what is there, and nothing where nothing is', () => {
    expect(compare([absent])).toEqual([]);
    expect(compare([absent], sampleFile(path, 'old\n', {sha256: 'abc'}))).toMatchObject([
      {
        kind: 'remove',
        content: null,
        expected: {state: 'file', sha256: 'abc'},
        diff: expect.stringContaining('\n-old\n') as string,
      },
    ]);
    expect(compare([absent], sampleFile(path, '', {state: 'symlink', text: null, target: '/unit'}))).toMatchObject([
      {kind: 'remove', target: null, expected: {state: 'symlink', target: '/unit'}},
    ]);
  });
});

describe('commands', () => {
  const command: CommandArtifact = {
    kind: 'command',
    argv: ['/usr/bin/systemctl', 'daemon-reload'],
    undo: null,
    triggers: [path],
    timeoutSeconds: 60,
    why: [],
  };
  const generated: GeneratedArtifact = {
    kind: 'generated',
    path: '/boot/grub/grub.cfg',
    argv: ['/usr/sbin/grub-mkconfig', '-o', '{output}'],
    validations: [],
    triggers: [path],
    timeoutSeconds: 60,
    why: [],
  };

  it('run after the files, once, and name the file that a program makes', () => {
    expect(compare([command, generated, wanted, command]).map((change) => `${change.kind} ${change.path}`)).toEqual([
      `create ${path}`,
      'run /usr/bin/systemctl daemon-reload',
      'run /usr/sbin/grub-mkconfig -o /boot/grub/grub.cfg',
    ]);
  });

  it('do not run when none of their files changes', () => {
    expect(compare([command, generated, wanted], sampleFile(path, 'new\n'))).toEqual([]);
    expect(compare([{...command, triggers: ['/other']}, wanted]).map(({kind}) => kind)).toEqual(['create']);
  });
});
