/** How much of a file goes into a capture: `presence` keeps its name alone, `verbatim` holds nothing that needs scrubbing. */
export type CaptureKind =
  | 'scrubbed'
  | 'verbatim'
  | 'presence'
  | 'config-space'
  | 'udev'
  | 'dpkg'
  | 'mounts'
  | 'ipv6-routes'
  | 'guest-names'
  | 'storages'
  | 'quorum'
  | 'xapi'
  | 'xapi-inventory'
  | 'xen-menu'
  | 'dkms'
  | 'certificate'
  | 'certificate-list'
  | 'module-end';

/**
 * Files that a reader looks at: a directory, and names in it, divided by blanks. `*` and `?` stand for any characters
 * in both, and the name `.` for the directory itself.
 */
export type FileRow = {
  readonly directory: string;
  readonly names: string;
  /** Its text is among the facts (`HostFacts.files`), because it may be edited or decides what an edit means. */
  readonly isFact: boolean;
  /** `null`: it stays on the host. */
  readonly capture: CaptureKind | null;
};

export type FileTable = readonly FileRow[];

/** Read for one answer only. */
export const looksAt = (directory: string, names: string, capture: CaptureKind = 'scrubbed'): FileRow => ({
  directory,
  names,
  isFact: false,
  capture,
});

/** Kept among the facts with its text. */
export const keeps = (directory: string, names: string, capture: CaptureKind | null = 'scrubbed'): FileRow => ({
  directory,
  names,
  isFact: true,
  capture,
});
