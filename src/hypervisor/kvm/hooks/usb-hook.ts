import type {Rendered} from '../../../artifacts/rendered.ts';
import {plugCommand} from '../../../devices/usb-device/plugging.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {Plan} from '../../../plan/plan.ts';
import {kvmAbilities} from '../abilities.ts';
import {renderHookFile} from './libvirt-hook.ts';

/** What is plugged in at a port when the guest starts; libvirt's definition names no port. */
export const renderUsbHook = (facts: HostFacts, plan: Plan): Rendered => {
  const isNeeded =
    plan.devices.some(({assigned}) => assigned.type === 'usb' && assigned.port !== null) &&
    kvmAbilities(facts).whyNoHooks === null;
  return renderHookFile(facts, plan, {
    purpose: 'usb',
    order: 80,
    why: 'Gives the guest the USB devices that are plugged in when it starts.',
    // libvirt waits for its hooks, so that PID 1 asks it, afterwards.
    hook: isNeeded ? {body: '', operations: {'started begin': `${plugCommand(plan.guest.name)} 9>&-`}} : null,
  });
};
