/** Something that a person does by hand once a plan is applied. */
export type Task = {
  /** Kebab case, stable: `disk-image`. */
  readonly id: string;
  /** What to do, as an order: "Create the disk image". */
  readonly title: string;
  /** One or two sentences; `null` where the title says all. */
  readonly why: string | null;
  readonly commands: readonly TaskCommand[];
};

export type TaskCommand = {
  readonly text: string;
  readonly needsRoot: boolean;
  /** `text` is what follows the name of this program, however it was started. */
  readonly isOwn?: true;
};

/** In the order in which they are done. */
export type GuestTasks = {
  readonly beforeReboot: readonly Task[];
  readonly afterReboot: readonly Task[];
};
