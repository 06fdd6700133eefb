import type {GuestRegistry, Ports} from '../artifacts/ports.ts';
import type {Rendered} from '../artifacts/rendered.ts';
import type {Binding} from '../binding/binding.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Check} from '../findings/check.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import type {Part} from '../plan/arguments/part.ts';
import type {Abilities, PlanContext} from '../plan/context.ts';
import type {ChosenDevice, ChosenDevices} from '../plan/device/chosen-devices.ts';
import type {GroupVerdict} from '../plan/device/judge-group.ts';
import type {DefinedGuest} from '../plan/other-guest.ts';
import type {GuestPlan, HandoverPlan, MemoryPlan, PinningPlan, Plan} from '../plan/plan.ts';
import type {GuestTasks} from '../plan/task.ts';
import type {GuestPhase, ProfileGuest} from '../profile/profile.ts';

/** `journalTag`: SYSLOG_IDENTIFIER in the journal of systemd. `file`: what the guest's own process writes. */
export type GuestLogs = {readonly journalTag: string; readonly file: string};

/**
 * What starts guests on this host. A hypervisor is a folder of `hypervisor/` and a line in its table; the pipeline asks
 * this face and knows none by its name. Its facts are `facts.virtualisation`, its guest is `plan.guest`, each a union
 * by `kind`.
 */
export type Hypervisor = {
  readonly kind: GuestPlan['kind'];
  /** Whether it is the one that runs on this host, or could. */
  readonly isHere: (facts: HostFacts) => boolean;
  /** This program does not run where its guests are: a plan becomes a script, and is never applied. */
  readonly isScripted: boolean;
  readonly can: (facts: HostFacts) => Abilities;
  readonly binding: Binding;
  /** What has to go to one guest together, and what speaks against that. */
  readonly judgeTogether: (context: PlanContext, assigned: readonly ChosenDevice[]) => GroupVerdict;
  /** The guests that it knows and whose definitions could be read. */
  readonly guests: (facts: HostFacts) => readonly DefinedGuest[];
  /**
   * What it needs on the command lines; `hypervisor` is `null` where it has none of its own and is a part of the host's
   * kernel.
   */
  readonly argumentParts: (
    context: PlanContext,
    chosen: ChosenDevices,
    placement: {readonly pinning: PinningPlan; readonly memory: MemoryPlan},
  ) => {readonly kernel: readonly Part[]; readonly hypervisor: readonly Part[] | null};
  /** The host gives up its screen while the guest runs; `null` where the profile does not say so. */
  readonly planHandover: (context: PlanContext, chosen: ChosenDevices) => HandoverPlan | null;
  readonly planGuest: (context: PlanContext, chosen: ChosenDevices, pinning: PinningPlan) => GuestPlan;
  /** Modules of the host's kernel that the guest needs from boot on, besides those of its devices. */
  readonly hostModules: (plan: Plan) => readonly string[];
  /** What is true of the host as a whole, whichever device is chosen. */
  readonly judgeHost: (context: PlanContext, pinning: PinningPlan, memory: MemoryPlan) => void;
  /** Paths of the host that the guest of a profile uses and that are looked at for its plan: disk images, media. */
  readonly namedPaths: (facts: HostFacts, guest: ProfileGuest) => readonly string[];
  /** Files and commands that go with its guests: hooks, units. */
  readonly renderHost: (facts: HostFacts, plan: Plan) => Rendered;
  /** The definition of the guest. Without an artifact, a finding says why. */
  readonly renderGuest: (facts: HostFacts, plan: Plan) => Rendered;
  /** The same after it was applied: a definition that the hypervisor has written down in its own way counts as kept. */
  readonly renderAppliedGuest: (facts: HostFacts, plan: Plan) => Rendered;
  /** The plan with its guest in another phase of its life; `null` where guests have none. */
  readonly inPhase: (plan: Plan, phase: GuestPhase) => Plan | null;
  /** Where its hooks and its guests leave what they have to say; `null` where that is unknown. */
  readonly logsOf: (guest: string) => GuestLogs | null;
  /** Where the transaction defines its guests. */
  readonly registry: GuestRegistry;
  /** Where it keeps what guests share, such as networks. */
  readonly moreRegistries: readonly GuestRegistry[];
  /** Why files that it wrote on the host must not go just now. */
  readonly whyInUse: Ports['whyInUse'];
  /** Whether a file is the definition of a guest, which may change without a word when it is another's. */
  readonly isGuestFile: (path: string) => boolean;
  /** What a plan was made from: by what a person calls it, and things that come and go by kind and name. */
  readonly world: (facts: HostFacts) => {
    readonly settings: Readonly<Record<string, string | null>>;
    readonly things: Readonly<Record<string, readonly string[]>>;
  };
  /** A row for a page of facts: what it is, and its version and guests. */
  readonly describe: (facts: HostFacts) => readonly [label: string, text: string];
  /** What can be seen of the guest itself, while it runs. */
  readonly promises: (facts: HostFacts, plan: Plan) => readonly PromiseResult[];
  /** What the guest needs of the host whenever it starts, and no reboot brings. */
  readonly startPromises: (facts: HostFacts, plan: Plan) => readonly PromiseResult[];
  /** What the guest's name is, for the person who types it. */
  readonly nameMeaning: string;
  /** Whether it is there and fit to run guests, firmware of guests included. */
  readonly checks: (facts: HostFacts) => readonly Check[];
  /** What a person does by hand before and after the reboot, so that the guest runs with its device. */
  readonly tasks: (facts: HostFacts, plan: Plan) => GuestTasks;
  /** Keys of the profile that mean nothing here; the wizard does not ask for them. */
  readonly unusedKeys: readonly string[];
};
