import type {Rendered} from '../artifacts/rendered.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PciFunction} from '../facts/pci.ts';
import type {Check} from '../findings/check.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import type {Part} from '../plan/arguments/part.ts';
import type {PlanContext} from '../plan/context.ts';
import type {ChosenDevices} from '../plan/device/chosen-devices.ts';
import type {BindBy, BindingPlan, Plan} from '../plan/plan.ts';

/**
 * How the host's own drivers are kept off the functions that go to guests: by vfio-pci, and by what another hypervisor
 * has in its place. It comes with the hypervisor (`Hypervisor.binding`).
 */
export type Binding = {
  readonly kind: BindingPlan['kind'];
  /** Functions that files of our own keep for other guests, without `own`: they stay kept. */
  readonly kept: (context: PlanContext, own: readonly PciFunction[]) => readonly PciFunction[];
  /** When and by what the functions are taken from the host. */
  readonly chooseBy: (context: PlanContext, chosen: ChosenDevices) => BindBy;
  /** The driver that holds one function for the guest. */
  readonly chooseDriver: (context: PlanContext, device: PciFunction, by: BindBy) => string;
  /** `drivers`: of the chosen functions, as the plan has them. */
  readonly plan: (context: PlanContext, chosen: ChosenDevices, by: BindBy, drivers: readonly string[]) => BindingPlan;
  /** On the command line of the host's kernel. */
  readonly argumentParts: (context: PlanContext, chosen: ChosenDevices, plan: BindingPlan) => readonly Part[];
  /** Files outside the initramfs. */
  readonly render: (facts: HostFacts, plan: Plan) => Rendered;
  /** Whether every installed kernel can bind. */
  readonly checks: (facts: HostFacts) => readonly Check[];
  readonly promises: (facts: HostFacts, plan: Plan) => readonly PromiseResult[];
};

/** What a binding has done before the host's drivers come: image systems and boot chains put it where it is read in time. */
export type EarlyBinding = {
  /** The driver that keeps the functions, for sentences: `vfio-pci`. */
  readonly keeper: string;
  /** Whether this kernel has the driver that keeps the functions. */
  readonly canBind: (facts: HostFacts, release: string) => boolean;
  /** Shell commands that give each chosen function to that driver, for a script of the image. */
  readonly claims: (pci: readonly PciFunction[]) => string;
  /** The same as udev rules, for images that take no script; empty when nothing is to be bound. */
  readonly rules: (pci: readonly PciFunction[]) => string;
  /** Text of `modprobePath`; empty when the plan has nothing for it. */
  readonly moduleOptions: () => string;
};
