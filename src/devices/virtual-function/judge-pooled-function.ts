import type {PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import {judgeNeeds} from '../../plan/device/judge-needs.ts';
import {judgeMixed} from './judge-mixed.ts';
import {judgeParent} from './judge-parent.ts';
import {isEthernet, judgeGroupOf} from './judge-virtual-function.ts';
import type {ProfilePooledFunction} from './pooled-function-format.ts';

/** Any free virtual function, with its physical function on this host. */
export type ChosenPooledFunction = {
  readonly wanted: ProfilePooledFunction;
  /** `0000:04:00.0/any` */
  readonly name: string;
  readonly parent: PciFunction;
  /** Profile path of the map `anyFunction`. */
  readonly path: string;
};

/** Everything that speaks against it; `taken` is what the host loses in all. */
export const judgePooledFunction = (
  context: PlanContext,
  {parent, name, path}: ChosenPooledFunction,
  taken: readonly PciAddress[],
): void => {
  const refuse = (message: string, remedy: string): void =>
    context.report('blocker', 'vf-pool-unsupported', {subject: name, path, message, remedy});
  judgeParent(context, parent, path, taken);
  if (parent.sriov === null) return;
  const byNumber = `Name one instead: \`function: {of: {address: ${parent.address}}, index: 0}\`.`;
  if (!context.can.poolsFunctions)
    refuse(`${context.can.starter} can't give a guest any free virtual function: it wants one by name.`, byNumber);
  else if (!isEthernet(parent))
    refuse(`${describeFunction(parent)} is no Ethernet card, and libvirt has pools of network cards only.`, byNumber);
  else if (parent.sriov.interface === null)
    refuse(
      `${describeFunction(parent)} is no network interface of the host now, and libvirt knows its pool by that name.`,
      `Load its driver (\`ls /sys/bus/pci/devices/${parent.address}/net\` shows the name), and plan again.`,
    );
  judgeMixed(context, {parent, path, isPooled: true});
  judgePresent(context, {parent, path}, taken);
};

/** libvirt may take each of them: it does not look whether the host uses it. */
const judgePresent = (
  context: PlanContext,
  {parent, path}: Pick<ChosenPooledFunction, 'parent' | 'path'>,
  taken: readonly PciAddress[],
): void => {
  const there = context.facts.pci.filter(({address}) => parent.sriov?.functions.includes(address) === true);
  for (const one of there) judgeNeeds(context, one, path, [...taken, one.address]);
  const [first] = there;
  if (first !== undefined) judgeGroupOf(context, {name: first.address, path}, first);
};
