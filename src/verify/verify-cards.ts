import type {HostFacts, PciFunction} from '../host/facts.ts';
import {isDisplay} from '../plan/describe-function.ts';
import type {Plan} from '../plan/plan.ts';
import type {PromiseResult} from './promise.ts';

/** QEMU gets no BAR that the boot framebuffer still holds ("BAR 1: can't reserve"); only /proc/iomem tells, no argument does. */
export const verifyFramebuffers = (facts: HostFacts, plan: Plan): readonly PromiseResult[] =>
  cardsOf(facts, plan).filter((card) => isDisplay(card) && card.bars.length > 0).map((card) => {
    const holders = card.bootFramebuffers ?? null;
    const isFree = holders?.length === 0;
    return {
      id: 'device-framebuffer',
      status: holders === null ? 'unknown' : isFree ? 'kept' : 'broken',
      promise: `No boot framebuffer holds memory of ${card.address}.`,
      fact: holders === null ? '/proc/iomem does not tell addresses here.' : isFree ? 'None does in /proc/iomem.' : `${holders.join(', ')} does in /proc/iomem.`,
      remedy: holders === null || isFree ? null : "Make another card the primary display in the firmware set-up ('Primary Display', 'Initial Display Output'): then the boot is not drawn here.",
    };
  });

/** vfio-pci lets an idle card fall asleep, and some never wake: only where that was to be kept from happening is it a fault. */
export const verifyPower = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => {
  const staysAwake = [...plan.binding.moduleOptions, ...plan.binding.builtInOptions].some(({parameter}) => parameter === 'disable_idle_d3');
  return cardsOf(facts, plan).filter(({powerState}) => powerState !== null).map(({address, powerState}) => {
    const isCold = powerState === 'D3cold';
    return {
      id: 'device-power',
      status: !isCold ? 'kept' : staysAwake ? 'broken' : 'unknown',
      promise: `${address} is not powered off.`,
      fact: `Its power state is ${powerState}${isCold && !staysAwake ? ', which is well if the guest can wake it' : ''}.`,
      remedy: !isCold ? null : staysAwake ? 'Something below it switches the power off: look at d3cold_allowed of its bridges, and restart the host to wake it.' : 'If the guest does not start or shows nothing, set host.disableIdleD3: yes and apply again.',
    };
  });
};

const cardsOf = ({pci}: HostFacts, {devices}: Plan): readonly PciFunction[] => pci.filter((one) => devices.some(({address}) => address === one.address));
