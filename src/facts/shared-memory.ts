/** Memory that host and guest share by a name, such as the picture of Looking Glass. */
export type SharedMemory = {
  /** `/dev/shm/looking-glass` */
  readonly path: string;
  readonly isFile: boolean;
  readonly bytes: number;
  readonly mode: number;
};
