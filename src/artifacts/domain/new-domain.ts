import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {editDomain, illegalCharacter} from './edit-domain.ts';
import type {DomainText} from './edit-domain.ts';
import {newDevices} from './new-devices.ts';
import {newOs} from './new-os.ts';
import {element, IllegalCharacterError, renderFragment} from './xml-fragment.ts';
import type {XmlFragment} from './xml-fragment.ts';

/** As virsh writes. */
const style = {lineEnding: '\n', quote: "'", indent: '  '} as const;

/**
 * A new guest: a skeleton with what an installation needs, then the same edits that an existing guest gets. It has no
 * uuid; libvirt makes one. A value that XML cannot carry is refused with a finding.
 */
export const renderNewDomain = (plan: Plan, facts: HostFacts): DomainText => {
  try {
    const xml = `${renderFragment(skeleton(plan, facts), style, '')}\n`;
    return editDomain(xml, plan, facts, plan.guest.path);
  } catch (error) {
    if (error instanceof IllegalCharacterError) return {ok: false, findings: [illegalCharacter(error, plan.guest.path)]};
    throw error;
  }
};

const skeleton = (plan: Plan, facts: HostFacts): XmlFragment =>
  element('domain', {type: 'kvm'}, [
    element('name', {}, plan.guest.name),
    newOs(plan, facts),
    newFeatures(plan),
    newClock(plan),
    element('on_poweroff', {}, 'destroy'),
    element('on_reboot', {}, 'restart'),
    element('on_crash', {}, 'destroy'),
    element('pm', {}, [element('suspend-to-mem', {enabled: 'no'}), element('suspend-to-disk', {enabled: 'no'})]),
    newDevices(plan),
  ]);

/** Secure Boot on q35 keeps its variables in system management mode. */
const newFeatures = ({guest}: Plan): XmlFragment =>
  element('features', {}, [
    element('acpi'),
    element('apic'),
    element('vmport', {state: 'off'}),
    ...(guest.firmware === 'uefi-secure' ? [element('smm', {state: 'on'})] : []),
  ]);

/** Windows keeps local time in the hardware clock; the HPET costs exits and nothing needs it. */
const newClock = ({guest}: Plan): XmlFragment =>
  element('clock', {offset: guest.hasClock ? 'localtime' : 'utc'}, [
    element('timer', {name: 'rtc', tickpolicy: 'catchup'}),
    element('timer', {name: 'pit', tickpolicy: 'delay'}),
    element('timer', {name: 'hpet', present: 'no'}),
  ]);
