import type {FolderEntry, Looked} from '../../system/user-folder.ts';

export type ImageKind = 'iso' | 'disk';

export type FoundImage = {readonly path: string; readonly kind: ImageKind; readonly sizeBytes: number};

/** Of installation media, and of disk images: those in QEMU’s own format, and copies of a whole disk. */
const endings: Readonly<Record<ImageKind, RegExp>> = {iso: /\.iso$/i, disk: /\.(?:qcow2|raw|img)$/i};

export const isNamedAs = (kind: ImageKind, path: string): boolean => endings[kind].test(path);

const mostImages = 200;

type Files = {
  readonly list: (path: string) => readonly FolderEntry[] | null;
  readonly lookAt: (path: string) => Looked;
};

/** Images in these folders, not in those below them: folder by folder, by name. */
export const findImages = (folders: readonly string[], {list, lookAt}: Files): readonly FoundImage[] => {
  const found: FoundImage[] = [];
  for (const folder of folders)
    for (const {name, kind: entry} of list(folder) ?? []) {
      const kind = (['iso', 'disk'] as const).find((one) => isNamedAs(one, name));
      if (entry !== 'file' || kind === undefined) continue;
      const path = `${folder}/${name}`;
      const looked = lookAt(path);
      if (looked.kind === 'file') found.push({path, kind, sizeBytes: looked.sizeBytes});
      if (found.length === mostImages) return found;
    }
  return found;
};
