/** Memory that host and guest share by a name, such as the picture of Looking Glass. */
export type SharedMemory = {
  /** `/dev/shm/looking-glass`, `/dev/kvmfr0` */
  readonly path: string;
  /** false: a device, or something else that is no file. */
  readonly isFile: boolean;
  readonly bytes: number;
  readonly mode: number;
  readonly gid: number;
};
