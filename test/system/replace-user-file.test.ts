import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {replaceUserFile} from '../../src/system/user-file.ts';

let directory = '';
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-replace-'))));
afterEach(() => rmSync(directory, {recursive: true}));

describe('a file of the user that is written anew', () => {
  it('is made where there is none, and leaves nothing else behind', () => {
    replaceUserFile(join(directory, 'a'), 'one');
    expect(readdirSync(directory)).toEqual(['a']);
    expect(readFileSync(join(directory, 'a'), 'utf8')).toBe('one');
  });

  it('keeps the old one under the name that is asked for, over an older one', () => {
    const [path, backup] = [join(directory, 'a.yaml'), join(directory, 'a.yaml.bak')];
    writeFileSync(path, 'one');
    replaceUserFile(path, 'two', backup);
    replaceUserFile(path, 'three', backup);
    expect([readFileSync(path, 'utf8'), readFileSync(backup, 'utf8')]).toEqual(['three', 'two']);
    expect(readdirSync(directory).sort()).toEqual(['a.yaml', 'a.yaml.bak']);
  });

  it('is not written through a link, and not over a directory', () => {
    writeFileSync(join(directory, 'target'), 'kept');
    symlinkSync('target', join(directory, 'link'));
    mkdirSync(join(directory, 'd'));
    for (const name of ['link', 'd']) {
      expect(() => replaceUserFile(join(directory, name), 'x')).toThrow(`${name} is no regular file.`);
      expect(readdirSync(directory).sort()).toEqual(['d', 'link', 'target']);
    }
    expect(readFileSync(join(directory, 'target'), 'utf8')).toBe('kept');
  });

  it('is not kept from that by what an interrupted attempt left, and touches no other file', () => {
    writeFileSync(join(directory, '.a.1.new'), 'half');
    writeFileSync(join(directory, 'a.new'), "a person's own");
    replaceUserFile(join(directory, 'a'), 'whole');
    expect(readFileSync(join(directory, 'a'), 'utf8')).toBe('whole');
    expect(readFileSync(join(directory, 'a.new'), 'utf8')).toBe("a person's own");
  });

  it('keeps its mode', () => {
    const [path, backup] = [join(directory, 'a.yaml'), join(directory, 'a.yaml.bak')];
    writeFileSync(path, 'one', {mode: 0o600});
    replaceUserFile(path, 'two', backup);
    expect([path, backup].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
  });
});
