import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import type {ChosenFunction} from './chosen-function.ts';

/** SR-IOV and mediated devices: what makes parts of itself can't be given away whole, and a part is not there early. */
export const judgeSharing = (context: PlanContext, chosen: ChosenFunction): void => {
  judgeParts(context, chosen);
  judgePart(context, chosen);
};

const judgeParts = (context: PlanContext, {function: device, path}: ChosenFunction): void => {
  judgePlannedParts(context, device, path);
  judgeSlices(context, device, path);
  const parts = context.facts.pci
    .filter((other) => other.physicalFunction === device.address)
    .map(({address}) => address);
  const hasSlices = context.facts.mediated.devices.some(({parent}) => parent === device.address);
  if (parts.length === 0 && (hasSlices || !device.hasMdevTypes)) return;
  context.report(parts.length > 0 ? 'blocker' : 'warning', 'device-shared-in-parts', {
    subject: device.address,
    path,
    message:
      parts.length > 0
        ? `${describeFunction(device)} is split into virtual functions (${parts.slice(0, 4).join(', ')}${parts.length > 4 ? ' …' : ''}): with ${context.can.keeper} at boot its driver can't make them, and their users lose them.`
        : `The driver of ${describeFunction(device)} offers mediated devices; with ${context.can.keeper} at boot there are none.`,
    remedy:
      parts.length > 0
        ? 'Give one of its virtual functions to the guest, or write 0 to its sriov_numvfs and take out what sets it at boot.'
        : 'Nothing to do if no guest uses them.',
  });
};

/** Virtual functions that another guest has from the next boot on, by the record of a run or by its definition. */
const judgePlannedParts = (
  {facts, profile, others, report}: PlanContext,
  {address, sriov}: PciFunction,
  path: string,
): void => {
  const recorded = facts.guests.recorded
    .filter(({guest}) => guest !== profile.guest.name)
    .filter(({virtualFunctions, pooledFunctions}) =>
      [...virtualFunctions, ...pooledFunctions].some(({of}) => of === address),
    );
  const card = sriov?.interface ?? null;
  const pooled = others.filter(({use}) => card !== null && use.pools.includes(card));
  for (const guest of new Set([...recorded.map((claim) => claim.guest), ...pooled.map(({name}) => name)]))
    report('blocker', 'vf-parent-taken', {
      subject: address,
      path,
      message: `The guest ${guest} gets virtual functions of ${address}, and there are none while another guest has the card.`,
      remedy: `Give this guest a virtual function too, or roll back the run of ${guest} first (\`vfio-pilot history\`).`,
    });
};

/** Mediated devices that there are, and those that other guests have from the next start on. */
const judgeSlices = (context: PlanContext, {address}: PciFunction, path: string): void => {
  const {facts, profile, others} = context;
  const report = (message: string, remedy: string): void =>
    context.report('blocker', 'mdev-parent-is-bound', {subject: address, path, message, remedy});
  const live = facts.mediated.devices.filter(({parent}) => parent === address);
  const claim = facts.guests.recorded.find(
    ({guest, mediatedDevices}) =>
      guest !== profile.guest.name && mediatedDevices.some(({parent}) => parent === address),
  );
  const holder = others.find(({use}) =>
    use.mediated.some(({uuid, parent}) => parent === address || live.some((one) => one.uuid === uuid)),
  );
  const guest = claim?.guest ?? holder?.name;
  if (guest !== undefined)
    report(
      `The guest ${guest} has a slice of ${address} (a mediated device), and there are none while another guest has the card.`,
      `Give this guest a slice too (\`vfio-pilot check\` lists the types), or take the slice away from ${guest} first.`,
    );
  else if (live.length > 0)
    report(
      `${address} is cut into mediated devices (${live.map(({uuid}) => uuid).join(', ')}), which go with its driver.`,
      'Take them away first: `mdevctl stop --uuid UUID`, and what makes them at boot; then plan again.',
    );
};

/** The driver of the physical function makes it, long after the initramfs; where that is not set up, it is gone after a reboot. */
const judgePart = (context: PlanContext, {function: device, path}: ChosenFunction): void => {
  if (device.physicalFunction === null) return;
  const isLate = context.profile.binding === 'libvirt';
  context.report(isLate ? 'warning' : 'blocker', 'device-is-virtual', {
    subject: device.address,
    path,
    message: `${describeFunction(device)} is a virtual function of ${device.physicalFunction}: it is there only after the driver of that one has made it${isLate ? '' : ', so nothing can bind it in the initramfs'}.`,
    remedy: `Choose it with \`function: {of: {address: ${device.physicalFunction}}, index: N}\`, and it is made at each boot before the guest starts; \`vfio-pilot profile new --device ${device.address}\` writes that.`,
  });
};
