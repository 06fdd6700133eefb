import type {IsoVolume} from '../formats/iso9660.ts';
import type {KnownSystem} from '../formats/osinfo.ts';

/** What is at a path that a profile names for its guest: a disk image, an installation medium. */
export type NamedFile = {
  readonly path: string;
  readonly state: 'absent' | 'file' | 'directory' | 'device' | 'broken-link' | 'denied';
  /** Of an ISO 9660 image; `null` for anything else. */
  readonly volume: IsoVolume | null;
  /** What osinfo-db knows to be on such a medium: none, one, or several variants. */
  readonly systems: readonly KnownSystem[];
  readonly isOsinfoThere: boolean;
  /** Type of the file system that it is on, or would be, `btrfs`; `null` where that is unknown. */
  readonly fileSystem: string | null;
  /** The first folder above it that only its owner and group may enter, with its mode; `null` where all may. */
  readonly closedFolder: {readonly path: string; readonly mode: number} | null;
};
