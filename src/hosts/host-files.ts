import {UsageError} from '../errors.ts';
import {findImages, type FoundImage} from '../host/images/find-images.ts';
import {imageFolders} from '../host/images/image-folders.ts';
import type {Source} from '../system/source.ts';
import {userHome} from '../system/user-file.ts';
import {type FolderEntry, listUserFolder, type Looked, lookAtUserFile} from '../system/user-folder.ts';

/** Files that a person names, looked at with the rights of who called; paths are those of the host. */
export type HostFiles = {
  /** Disk and ISO images where this host keeps them, and in the person's own downloads. */
  readonly findImages: () => readonly FoundImage[];
  /** `null` where it is no folder, or may not be read. */
  readonly list: (path: string) => readonly FolderEntry[] | null;
  readonly lookAt: (path: string) => Looked;
};

export const openFiles = (source: Source): HostFiles => {
  const {root} = source;
  const list: HostFiles['list'] = (path) => listUserFolder(root, path);
  const lookAt: HostFiles['lookAt'] = (path) => lookAtUserFile(root, path);
  return {
    list,
    lookAt,
    findImages: () => findImages([...foldersOf(source), ...(source.isLive ? downloads() : [])], {list, lookAt}),
  };
};

/** A list to choose from is no reason to fail. */
const foldersOf = (source: Source): readonly string[] => {
  try {
    return imageFolders(source);
  } catch (error) {
    if (error instanceof UsageError) return [];
    throw error;
  }
};

const downloads = (): readonly string[] => {
  const home = userHome(process.env);
  return home === null ? [] : [`${home}/Downloads`];
};
