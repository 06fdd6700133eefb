import type {PlanContext} from '../../../plan/context.ts';
import {type ChosenDevices, lostFunctions} from '../../../plan/device/chosen-devices.ts';
import {describeFunction, idOf} from '../../../plan/device/describe-function.ts';

/**
 * At a guest's start Proxmox writes the ids of each function of the group to vfio-pci's `new_id`, unless vfio-pci has it
 * already (`PVE::SysFSTools`, pci_dev_bind_to_vfio); the kernel then offers every device with these ids that has no
 * driver to vfio-pci as well (Documentation/ABI/testing/sysfs-bus-pci, new_id).
 */
export const judgeBinding = (context: PlanContext, chosen: ChosenDevices): void => {
  const {facts, profile, report, decide} = context;
  const functions = lostFunctions(chosen);
  if (functions.length === 0) return;
  if (profile.binding !== 'libvirt') {
    decide(
      'binding',
      'before Proxmox VE does it',
      'a function that vfio-pci has already it leaves alone; otherwise it binds by new_id, which also gives away a device with the same ids that has no driver',
    );
    return;
  }
  const ids = new Set(functions.map(idOf));
  const twins = facts.pci.filter(
    (device) =>
      ids.has(idOf(device)) && device.driver === null && functions.every(({address}) => address !== device.address),
  );
  for (const twin of twins)
    report('warning', 'proxmox-twin-taken', {
      subject: twin.address,
      path: 'binding',
      message: `${describeFunction(twin)} has the same ids as a card of this guest and no driver: when the guest starts, Proxmox VE hands these ids to vfio-pci (new_id), which takes this one too.`,
      remedy: 'Set binding: auto. The card is then bound by its address early at boot, and Proxmox VE leaves it alone.',
    });
};
