import {type ImageKind, isNamedAs} from '../../host/images/find-images.ts';
import type {FolderEntry, Looked} from '../../system/user-folder.ts';

/** What a path field names. `profile`: a file of the person, on the machine in front of them; the others are of the host. */
export type PathKind = ImageKind | 'profile';

/** The folder of a text that is being typed, with its slash, and what the name begins with. */
export const splitPath = (text: string): {readonly folder: string; readonly start: string} => {
  const slash = text.lastIndexOf('/') + 1;
  return {folder: text.slice(0, slash), start: text.slice(slash)};
};

const isWanted = (kind: PathKind, name: string): boolean =>
  kind === 'profile' ? /\.ya?ml$/i.test(name) : isNamedAs(kind, name);

/** What the text may go on to, whole: folders with a slash, and files of that kind. Hidden ones only after a dot. */
export const completionsOf = (kind: PathKind, text: string, entries: readonly FolderEntry[]): readonly string[] => {
  const {folder, start} = splitPath(text);
  return entries
    .filter(({name}) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
    .filter((entry) => entry.kind === 'folder' || (entry.kind === 'file' && isWanted(kind, entry.name)))
    .map((entry) => `${folder}${entry.name}${entry.kind === 'folder' ? '/' : ''}`);
};

/** As far as all of them agree. */
export const commonStart = (texts: readonly string[]): string => {
  const [first = '', ...rest] = texts.map((text) => [...text]);
  const length = rest.reduce((shortest, other) => {
    const differs = other.findIndex((character, index) => character !== first[index]);
    return Math.min(shortest, differs < 0 ? other.length : differs);
  }, first.length);
  return [...first].slice(0, length).join('');
};

/** Why a guest can't have what is at the path; `null` when it can. A disk image may be made later. */
export const whyNotImage = (kind: ImageKind, path: string, looked: Looked): string | null => {
  if (looked.kind === 'folder') return `${path} is a folder. Name a file in it.`;
  if (kind === 'disk') return null;
  if (looked.kind === 'absent') return `${path} does not exist.`;
  if (looked.kind === 'hidden') return `You may not look at ${path}.`;
  if (looked.kind === 'other') return `${path} is not a regular file.`;
  if (!isNamedAs('iso', path)) return `${path} does not end in .iso.`;
  return looked.isReadable ? null : `You may not read ${path}.`;
};
