export type KernelFacts = {
  readonly release: string | null;
  readonly version: {readonly major: number; readonly minor: number} | null;
  /** The CONFIG_ options that decisions ask for, without the prefix; `null` when no config is readable. */
  readonly config: Readonly<Record<string, string>> | null;
  /** Module names built into the kernel, `-` written as `_`; `null` when modules.builtin is not readable. */
  readonly builtin: readonly string[] | null;
  /** Loadable module names from modules.dep, `-` written as `_`; `null` when not readable. */
  readonly modules: readonly string[] | null;
  /** Loaded now (`/proc/modules`). */
  readonly loaded: readonly string[] | null;
  readonly hasKvmDevice: boolean;
  /** Value of `/sys/module/…/parameters/…` by `module.parameter`. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly hypervisor: string | null;
  /** Images of Xen in /boot, one of which the boot loader may start under the kernel: `xen-4.17-amd64.gz`. */
  readonly xenImages: readonly string[];
  /** What each kernel that may be started next has of vfio and kvm; the running one first. */
  readonly installed: readonly InstalledKernel[];
  /** What the running kernel said about its arguments; `null` when its log can't be read. */
  readonly log: KernelLog | null;
};

/** Module names with `-` written as `_`, as far as decisions ask for them. */
export type InstalledKernel = {
  readonly release: string;
  /** From modules.builtin; `null` when it is not readable. */
  readonly builtin: readonly string[] | null;
  /** From modules.dep; `null` when it is not readable. */
  readonly modules: readonly string[] | null;
  /** Names of parameters by module, as `modinfo -p` lists them; a module that is not here is unknown. */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
};

export type KernelLog = {
  /** Tokens of "Unknown kernel command line parameters": passed on to init. */
  readonly unknownArguments: readonly string[];
  /** Lines that say that an option is unknown or ignored. */
  readonly complaints: readonly string[];
};

/** What decides how CPUs can be kept for a guest. */
export type IsolationFacts = {
  /** Of the unified hierarchy (cgroup v2); empty under cgroup v1, `null` when unknown. */
  readonly cgroupControllers: readonly string[] | null;
  /** `252` */
  readonly systemdVersion: string | null;
  readonly hasIrqbalance: boolean;
  /** CPUs without load balancing since boot (`isolcpus=`); `null` when unknown. */
  readonly isolatedCpus: readonly number[] | null;
};
