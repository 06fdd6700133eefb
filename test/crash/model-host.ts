import {lstatSync, readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {join} from 'node:path';
import {fillHost} from '../transaction/scenario.ts';
import {withRoot} from '../transaction/scratch-root.ts';
import type {Inode, ModelContent} from './model-disk.ts';

/** The host of the scenario, for a disk in memory. */
export const hostContent = (): Promise<ModelContent> =>
  withRoot((root) => {
    fillHost(root);
    const content = new Map<string, Inode>();
    const visit = (path: string): void => {
      const real = join(root, path);
      const stat = lstatSync(real);
      const type = stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'file';
      content.set(path, {
        type,
        mode: stat.mode & 0o7777,
        uid: 0,
        gid: 0,
        bytes: type === 'file' ? readFileSync(real) : Buffer.alloc(0),
        target: type === 'symlink' ? readlinkSync(real) : '',
      });
      if (type === 'directory') for (const name of readdirSync(real)) visit(join(path, name));
    };
    visit('/');
    return content;
  });
