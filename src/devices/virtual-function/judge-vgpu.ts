import {isMigBacked, vramMiBOfName} from '../../facts/mediated.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import {nearestWord} from '../../profile/nearest.ts';
import {claimsOn} from './choose-count.ts';
import {isProfileVirtualFunction, type ProfileVirtualFunction} from './virtual-function-format.ts';

type Own = {
  readonly wanted: ProfileVirtualFunction;
  readonly name: string;
  readonly parent: PciFunction;
  readonly present: PciFunction | null;
  readonly path: string;
};

/** NVIDIA's vGPU from version 17 on: a type is set on a virtual function, which stays with NVIDIA's driver. */
export const judgeVgpu = (context: PlanContext, own: Own): void => {
  const {wanted, parent, present, name, path} = own;
  const {vgpu} = wanted.function;
  const block = (key: string, message: string, remedy: string): void =>
    context.report('blocker', 'vgpu-type-unknown', {subject: name, path: `${path}.${key}`, message, remedy});
  if (parent.driver !== 'nvidia') {
    if (vgpu !== null || wanted.function.mixedSizes)
      block(
        vgpu === null ? 'mixedSizes' : 'vgpu',
        `${describeFunction(parent)} is with ${parent.driver ?? 'no driver'}, and only NVIDIA's driver sets a vGPU type.`,
        'Take vgpu and mixedSizes out of this device.',
      );
    return;
  }
  if (present !== null && present.vgpu === null) {
    block(
      'of',
      `${describeFunction(parent)} has virtual functions without vGPU types: this driver makes mediated devices of them.`,
      `Choose it with \`mdev: {parent: ${present.address}, type: …}\` instead; \`vfio-pilot check\` lists the types.`,
    );
    return;
  }
  if (vgpu === null) return;
  judgeName(context, own, vgpu, block);
  judgeSizes(context, own, vgpu);
  judgeMig(context, own, vgpu);
};

const judgeName = (
  context: PlanContext,
  {parent, present, name, path, wanted}: Own,
  vgpu: string,
  block: (key: string, message: string, remedy: string) => void,
): void => {
  const {facts, profile} = context;
  const names = namesOn(facts.pci, parent);
  if (names.size === 0) {
    context.report('note', 'vgpu-type-unseen', {
      subject: name,
      path: `${path}.vgpu`,
      message: `${parent.address} has no virtual functions now, so it cannot be checked whether it takes ${vgpu}.`,
      remedy: `\`/usr/lib/nvidia/sriov-manage -e ${parent.address}\` makes them; plan again afterwards to be sure.`,
    });
    return;
  }
  const isOwn = facts.guests.recorded
    .filter(({guest}) => guest === profile.guest.name)
    .some(({virtualFunctions}) =>
      virtualFunctions.some(
        (one) => one.of === parent.address && one.index === wanted.function.index && one.vgpu?.name === vgpu,
      ),
    );
  // Once it is set the driver offers nothing more for this function.
  if (isOwn && (present?.vgpu?.current ?? 0) !== 0) return;
  const offered = present?.vgpu?.creatable.map((type) => type.name) ?? [...names.values()];
  if (offered.includes(vgpu)) return;
  const near = nearestWord(vgpu, offered);
  block(
    'vgpu',
    `${name} can not be ${vgpu} now: ${offered.length === 0 ? 'the driver offers no type for it' : `it can be ${offered.join(', ')}`}.`,
    near === null ? 'Choose another type or index.' : `Did you mean ${near}?`,
  );
};

/** By number, of all that the driver offers on this GPU. */
const namesOn = (pci: readonly PciFunction[], parent: PciFunction): ReadonlyMap<number, string> =>
  new Map(
    pci
      .filter(({physicalFunction}) => physicalFunction === parent.address)
      .flatMap(({vgpu}) => vgpu?.creatable.map(({id, name}): readonly [number, string] => [id, name]) ?? []),
  );

/** vGPUs that share a GPU's time have one size unless its mode for several is on, which has to be before the first of them. */
const judgeSizes = (context: PlanContext, {wanted, parent, name, path}: Own, vgpu: string): void => {
  const {facts, profile} = context;
  const own = profile.devices
    .filter(isProfileVirtualFunction)
    .filter((one) => one.function.of.address === parent.address);
  const claims = claimsOn(facts, parent.address, profile.guest.name);
  if (wanted.function.mixedSizes || own.some((one) => one.function.mixedSizes)) return;
  if (claims.some((one) => one.vgpu?.mixedSizes === true)) return;
  if (isMigBacked(vgpu)) return;
  const size = vramMiBOfName(vgpu);
  const others = [...own.map((one) => one.function.vgpu), ...claims.map((one) => one.vgpu?.name ?? null)];
  const other = others.find((one) => one !== null && size !== null && !isMigBacked(one) && vramMiBOfName(one) !== size);
  if (other === undefined || other === null) return;
  context.report('blocker', 'mdev-other-size-active', {
    subject: name,
    path: `${path}.vgpu`,
    message: `${vgpu} and ${other} have different sizes, and all vGPUs of ${parent.address} must have one.`,
    remedy: `Choose the same size, or set ${path}.mixedSizes: yes where the GPU can do that (\`nvidia-smi -q\` shows "Heterogenous Multi-vGPU").`,
  });
};

/** `…-1-10Q`: slices of the hardware (MIG), which this program only reads. */
const judgeMig = ({report}: PlanContext, {name, parent, path}: Own, vgpu: string): void => {
  if (!isMigBacked(vgpu)) return;
  report('note', 'vgpu-mig', {
    subject: name,
    path: `${path}.vgpu`,
    message: `${vgpu} is backed by a MIG instance of ${parent.address}. MIG instances are gone after each boot, and from Hopper on the MIG mode is too; without them this type is not offered.`,
    remedy: 'Have a unit of yours set MIG mode and instances before vfio-pilot’s; vfio-pilot never changes them.',
  });
};
