import type {HostFacts} from '../facts/host-facts.ts';
import {isGraphicsCard} from '../facts/pci.ts';
import {isAmdCpu} from '../facts/cpu.ts';
import {iommuVendorOf} from '../facts/iommu-vendor.ts';
import {describeSwitch, iommuSwitches, takeOut} from '../facts/iommu-switches.ts';
import {about, type Check} from '../findings/check.ts';
import {count} from '../words/count.ts';
import {kernelLineSteps} from '../facts/kernel-line-steps.ts';
import {listWords} from '../words/list-words.ts';

const vtd = "Look for 'VT-d' or 'Intel Virtualization Technology for Directed I/O' under Advanced → CPU or Chipset";
const amdVi = "Look for 'IOMMU' or 'AMD-Vi' under Advanced → AMD CBS → NBIO, or North Bridge";

/** Decided by the tables and the groups, never by log text (a rotated log makes false alarms). */
export const checkIommuFirmware = ({iommu, cpu, kernel}: HostFacts): Check => {
  const {ok, info, error} = about('iommu-firmware', 'VT-d / AMD-Vi in the firmware');
  if (iommu.acpiTable === 'DMAR')
    return ok(
      `The firmware describes VT-d (ACPI table DMAR${iommu.dmar === null ? ', readable by root only' : `, remapping units: ${iommu.dmar.units.length}`}).`,
    );
  if (iommu.acpiTable === 'IVRS')
    return ok(
      `The firmware describes AMD-Vi (ACPI table IVRS${iommu.ivrs === null ? ', readable by root only' : `, IOMMUs: ${iommu.ivrs.units.length}`}).`,
    );
  if (iommu.active)
    return ok(
      iommu.groups.length > 0
        ? 'IOMMU groups exist, so the firmware has it on.'
        : 'The hypervisor gives devices out, so the firmware has it on.',
    );
  if (kernel.hypervisor === 'xen')
    return info(
      'Under Xen the hypervisor owns the IOMMU, and it does not say here that it has one.',
      "Ask 'xl info' for virt_caps: hvm_directio.",
    );
  if (iommu.acpiTable === null) return info('The ACPI tables are not known here (/sys/firmware/acpi is missing).');
  if (kernel.hypervisor !== null)
    return error(
      'This virtual machine has no IOMMU.',
      "Its host gives it one: in libvirt, <iommu model='intel'><driver intremap='on'/></iommu> and the machine type q35. To give away a card of the host, run vfio-pilot there.",
    );
  const isAmd = isAmdCpu(cpu);
  return error(
    isAmd ? 'AMD-Vi is off in the firmware: no IVRS table.' : 'VT-d is off in the firmware: no DMAR table.',
    `${isAmd ? amdVi : vtd}, turn it on, save and power-cycle. A CPU or board without it cannot pass devices through.`,
  );
};

export const checkIommuActive = (facts: HostFacts): Check => {
  const {iommu, cpu, kernel, boot, files} = facts;
  const {ok, info, error} = about('iommu-active', 'IOMMU');
  if (iommu.active && iommu.groups.length === 0)
    return ok('The hypervisor has it, and gives devices out through it; it shows no groups.');
  if (iommu.active)
    return ok(
      `Active: ${count(iommu.groups.length, 'group')} in /sys/kernel/iommu_groups${iommu.units.length === 0 ? '' : ` (${iommu.units.join(', ')})`}.`,
    );
  if (kernel.hypervisor === 'xen')
    return info('No groups, as always under Xen: the hypervisor owns the IOMMU, and does not say that it uses it.');
  const off = iommuSwitches(boot.commandLine, iommuVendorOf(iommu, cpu)).filter(({turnsOff}) => turnsOff === 'all');
  if (off.length > 0)
    return error(
      `The kernel does not use it: ${listWords(off.map((one) => describeSwitch(files, one)))} turns it off.`,
      `${takeOut(facts, off)}, and reboot; the groups are known afterwards.`,
    );
  if (iommu.acpiTable === 'DMAR')
    return error(
      'The firmware offers VT-d, but the kernel does not use it: /sys/kernel/iommu_groups is empty.',
      `${kernelLineSteps(boot.support.lineEdit, 'add', ['intel_iommu=on'])}, and reboot; the groups are known afterwards.`,
    );
  if (iommu.acpiTable === 'IVRS')
    return error(
      'The firmware offers AMD-Vi, but the kernel does not use it: /sys/kernel/iommu_groups is empty.',
      'Look for AMD-Vi in the kernel log: `journalctl -k -b | grep AMD-Vi`. No argument turns it on; amd_iommu=on does not exist.',
    );
  return error(
    'Not active: /sys/kernel/iommu_groups is empty.',
    kernel.hypervisor === null
      ? 'Turn VT-d or AMD-Vi on in the firmware first (see above), then reboot.'
      : 'The host of this virtual machine has to give it one first (see above).',
  );
};

export const checkInterruptRemapping = ({iommu, kernel}: HostFacts): Check => {
  const {ok, info, warning} = about('interrupt-remapping', 'Interrupt remapping');
  const optOut =
    iommu.dmar?.x2apicOptOut === true ? ' The firmware opts out of x2APIC, which only turns that mode off.' : '';
  if (iommu.interruptRemapping === true) return ok(`On.${optOut}`);
  if (iommu.interruptRemapping === null)
    return info(
      `Unknown${iommu.dmar === null && iommu.acpiTable === 'DMAR' ? ' without root (the DMAR table is readable by root only)' : ''}.`,
    );
  if (kernel.hypervisor !== null && !iommu.active) return info('Not known before the IOMMU is active.');
  return warning(
    `${iommu.dmar?.interruptRemapping === false ? 'The DMAR table says that this board cannot remap interrupts.' : 'No interrupt is remapped (none is named IR- in /proc/interrupts).'} The kernel then gives out no device unless allow_unsafe_interrupts=1 is set, with which a hostile guest can send any interrupt to the host.`,
    "Look for 'Interrupt Remapping' or 'x2APIC' in the firmware set-up. Otherwise, and only if you trust every guest, set host.allowUnsafeInterrupts: yes.",
  );
};

export const checkReservedRegions = ({iommu, pci}: HostFacts): Check => {
  const {ok, info, warning} = about('reserved-regions', 'Firmware memory regions (RMRR, unity maps)');
  if (!iommu.active) return info('Not known before the IOMMU is active.');
  if (iommu.groups.length === 0)
    return info(
      iommu.dmar === null
        ? 'Unknown: no table of them can be read here.'
        : `The DMAR table has ${iommu.dmar.regions.length === 0 ? 'none' : iommu.dmar.regions.length}${iommu.dmar.regions.length === 0 ? '' : `, for ${[...new Set(iommu.dmar.regions.flatMap(({devices}) => devices))].join(', ')}`}.`,
    );
  const displays = pci.filter(isGraphicsCard);
  const barred = iommu.groups.filter((group) => group.reservedRegions.some((region) => region.type === 'direct'));
  const hit = displays.filter((device) => barred.some((group) => group.id === device.iommuGroup));
  if (hit.length > 0)
    return warning(
      `${hit.map((device) => device.address).join(', ')} must stay mapped 1:1 for the firmware (type direct): the kernel refuses to give it to a guest.`,
      'Look for a firmware setting of the device that uses it; a different slot does not help.',
    );
  if (barred.length > 0)
    return ok(
      `None on a display device. The kernel will refuse ${barred.flatMap((group) => group.devices).join(', ')} (type direct).`,
    );
  return ok('None that would stop an assignment.');
};
