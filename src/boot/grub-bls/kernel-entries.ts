import type {FileFacts} from '../../facts/files.ts';
import {linuxEntries} from '../entries/linux-entries.ts';

/** The entries that are to have our arguments. */
export const kernelEntries = (files: Readonly<Record<string, FileFacts>>): readonly FileFacts[] =>
  linuxEntries(files).filter((file) => file.path.startsWith('/boot/loader/entries/') && !isRescue(file));

/** Never edited: the entry that works whatever we did. */
const isRescue = (file: FileFacts): boolean => /(?:^|[-/])0-rescue(?:-[0-9a-f]{32})?\.conf$/.test(file.path);
