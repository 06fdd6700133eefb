import {describeSwitch, iommuSwitches, takeOut} from '../facts/iommu-switches.ts';
import {kernelLineSteps} from '../facts/kernel-line-steps.ts';
import {iommuVendorOf} from '../facts/iommu-vendor.ts';
import {isIntelIntegrated, type PciFunction} from '../facts/pci.ts';
import type {PlanContext} from '../plan/context.ts';
import {describeFunction} from '../plan/device/describe-function.ts';
import {listWords} from '../words/list-words.ts';

/** Without the IOMMU no device goes to a guest, nor a part of one. */
export const judgeIommu = (context: PlanContext, device: PciFunction, path: string): void => {
  if (device.iommuGroup !== null) return;
  const {iommu, boot, cpu, files} = context.facts;
  if (!context.can.groups) {
    if (iommu.active) return;
    context.report('blocker', 'iommu-off', {
      subject: device.address,
      path,
      message: 'The hypervisor does not say that it has an IOMMU to give devices through.',
      remedy: 'Turn VT-d or AMD-Vi on in the firmware set-up; `vfio-pilot check` shows what the hypervisor says.',
    });
    return;
  }
  const switches = iommuSwitches(boot.commandLine, iommuVendorOf(iommu, cpu));
  if (iommu.active) {
    const hidden = switches.find(({turnsOff}) => turnsOff === 'integrated-gpu');
    if (hidden !== undefined && isIntelIntegrated(device)) {
      context.report('blocker', 'device-no-iommu-group', {
        subject: device.address,
        path,
        message: `${describeFunction(device)} is in no IOMMU group: igfx_off in ${hidden.text} leaves it out.`,
        remedy: `Take igfx_off out of ${describeSwitch(files, hidden)}, reboot, and plan again.`,
      });
      return;
    }
    context.report('blocker', 'device-no-iommu-group', {
      subject: device.address,
      path,
      message: `${describeFunction(device)} is in no IOMMU group although the IOMMU is on: no IOMMU unit is responsible for it.`,
      remedy: 'Use a card or a slot that `vfio-pilot groups` lists with a group.',
    });
    return;
  }
  // Said once, and not for each function of a card.
  const first = context.named.find(({iommuGroup}) => iommuGroup === null);
  if (first !== undefined && first.address !== device.address) return;
  const off = switches.filter(({turnsOff}) => turnsOff === 'all');
  if (off.length > 0) {
    context.report('blocker', 'iommu-off', {
      subject: device.address,
      path,
      message: `The IOMMU is off: ${listWords(off.map((one) => describeSwitch(files, one)))} turns it off.`,
      remedy: `${takeOut(context.facts, off)}, reboot, and plan again.`,
    });
    return;
  }
  const isFirmwareSilent = iommu.acpiTable === 'none';
  context.report('blocker', 'iommu-off', {
    subject: device.address,
    path,
    message: isFirmwareSilent
      ? 'The IOMMU is off in the firmware: there is no DMAR (Intel) or IVRS (AMD) table, so no group is known.'
      : 'The IOMMU is not active: /sys/kernel/iommu_groups is empty, so it is unknown which devices go together.',
    remedy: isFirmwareSilent
      ? "Turn on 'VT-d' (Intel) or 'IOMMU' / 'AMD-Vi' (AMD) in the firmware set-up, boot, and plan again."
      : iommuVendorOf(iommu, cpu) === 'amd'
        ? "Turn on 'IOMMU' / 'AMD-Vi' in the firmware set-up, boot, and plan again; `journalctl -k -b | grep AMD-Vi` says why the kernel does not use it."
        : iommu.acpiTable === 'DMAR'
          ? `${kernelLineSteps(context.facts.boot.support.lineEdit, 'add', ['intel_iommu=on'])}, reboot, and plan again.`
          : 'Boot once with intel_iommu=on, or turn VT-d on in the firmware; `vfio-pilot check` says which. Then plan again.',
  });
};
