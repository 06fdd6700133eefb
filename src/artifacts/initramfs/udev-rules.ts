import type {PciFunction} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {ownHeader} from '../own-file.ts';
import {describeTargets} from './claim-devices.ts';

/** Before 80-drivers.rules, which loads the driver that the function asks for by its modalias. */
export const udevRulesPath = '/etc/udev/rules.d/10-vfio-pilot.rules';

/**
 * Gives each chosen address to vfio-pci where no script of ours can stand in the image; empty when there is none. It
 * needs no module in the image: with `driver_override` set no other driver may bind the function (kernel:
 * sysfs-bus-pci), and vfio-pci binds it as soon as it can be loaded, from the root file system at the latest.
 * `drivers_probe` is for a vfio-pci that was there before. `[subsystem/pci]` is /sys/bus/pci (systemd: udev-rules.c).
 * A variant of vfio-pci need not be called like its module, and a rule can't look: libvirt takes it at the guest's start.
 */
export const renderUdevRules = (plan: Plan, pci: readonly PciFunction[]): string => {
  const targets = describeTargets(plan, pci);
  if (targets.length === 0) return '';
  const rules = targets.map(({address, vendor, device}) =>
    [
      'ACTION=="add"',
      'SUBSYSTEM=="pci"',
      `KERNEL=="${address}"`,
      `ATTR{vendor}=="0x${vendor}"`,
      `ATTR{device}=="0x${device}"`,
      'ATTR{driver_override}="vfio-pci"',
      'ATTR{[subsystem/pci]drivers_probe}="%k"',
      'RUN{builtin}+="kmod load vfio-pci"',
    ].join(', '),
  );
  return `${ownHeader('#', plan.profile)}${rules.join('\n')}\n`;
};
