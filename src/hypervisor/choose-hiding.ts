import {isDisplay, type PciFunction} from '../facts/pci.ts';
import type {PlanContext} from '../plan/context.ts';
import {assignedFunctions, type ChosenDevices} from '../plan/device/chosen-devices.ts';
import {describeFunction, isNvidia} from '../plan/device/describe-function.ts';

export type Hiding = {readonly isKvmHidden: boolean; readonly hypervVendorId: string | null};

const neutralVendorId = 'vfio-pilot';

/** NVIDIA's driver refused to start in a guest ("Error 43") until R465 (2021); mobile GPUs still have reasons of their own. */
export const chooseHiding = (context: PlanContext, chosen: ChosenDevices): Hiding => {
  const {guest} = context.profile;
  const {isWanted, because} = judgeHiding(context, chosen);
  context.decide(
    'guest.hideHypervisor',
    isWanted ? 'hidden (KVM signature off, Hyper-V vendor id set)' : 'not hidden',
    because,
  );
  const named = guest.hypervVendorId === 'auto' ? (isWanted ? neutralVendorId : null) : guest.hypervVendorId;
  return {isKvmHidden: isWanted, hypervVendorId: named};
};

const judgeHiding = (context: PlanContext, chosen: ChosenDevices): {isWanted: boolean; because: string} => {
  const {guest} = context.profile;
  if (guest.hideHypervisor !== 'auto') return {isWanted: guest.hideHypervisor, because: 'you chose it'};
  const cards = assignedFunctions(chosen).filter((device) => isDisplay(device) && isNvidia(device));
  const [mobile] = cards.flatMap((device) => {
    const why = whyMobile(context, device);
    return why === null ? [] : [{device, why}];
  });
  if (cards.length === 0)
    return {
      isWanted: false,
      because: 'only drivers of NVIDIA cards look for a hypervisor, and no such card is passed whole',
    };
  if (guest.nvidiaDriver === 'before-r465')
    return {
      isWanted: true,
      because:
        'you said that the guest uses an NVIDIA driver before R465, which stops with Error 43 when it sees a hypervisor',
    };
  if (mobile !== undefined)
    return {
      isWanted: true,
      because: `${describeFunction(mobile.device)} is a mobile GPU (${mobile.why}), whose drivers check more than desktop ones; a laptop may also want a battery in the guest`,
    };
  return {
    isWanted: false,
    because:
      'NVIDIA drivers from R465 (2021) on accept a virtual machine; hide it only for an older driver (guest.nvidiaDriver: before-r465)',
  };
};

/**
 * By its name, or as a 3D controller (no display connector of its own) in a laptop: the muxless GPU. In any other chassis
 * a 3D controller is a server card, or a workstation card whose outputs are switched off.
 */
const whyMobile = ({facts}: PlanContext, device: PciFunction): string | null => {
  const named = /\b(Mobile|Max-Q|Laptop)\b|\b\d{3,4}M\b/i.exec(device.name ?? '')?.[0];
  if (named !== undefined) return `its name says ${named}`;
  return device.class.startsWith('0302') && facts.isPortable === true
    ? 'it is a 3D controller, and the chassis is that of a laptop'
    : null;
};
