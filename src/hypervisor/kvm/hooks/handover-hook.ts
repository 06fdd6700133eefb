import type {Rendered} from '../../../artifacts/rendered.ts';
import {fileNameOfGuest} from '../../../facts/guest-name.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {HandoverPlan, Plan} from '../../../plan/plan.ts';
import handover from './handover.sh';
import {renderHookFile} from './libvirt-hook.ts';
import timeLimit from './time-limit.sh';

/**
 * Takes the only graphics card from the host before libvirt does, and sees at every end that the host has it again.
 * libvirt (managed='yes') binds vfio-pci between `prepare` and `start`, and the host's driver between `stopped` and
 * `release`, and calls `release` after a start that failed too. The card is freed here because libvirt would wait for
 * ever for a driver that does not let go.
 */
export const renderHandoverHook = (facts: HostFacts, plan: Plan): Rendered =>
  renderHookFile(facts, plan, {
    purpose: 'handover',
    order: 20,
    why: 'Stops the display manager and frees the card before the guest starts, and gives both back when it ends.',
    hook:
      plan.handover === null
        ? null
        : {
            body: body(plan.handover, plan.guest.name),
            operations: {'prepare begin': 'take', 'release end': 'give_back'},
          },
  });

/** Below /run: there as long as the guest has the card. */
export const handoverState = (guest: string): string => `vfio-pilot/handover/${fileNameOfGuest(guest)}`;

const body = ({functions}: HandoverPlan, guest: string): string => `
functions='${functions.join(' ')}'
state="$run/${handoverState(guest)}"
limit=20
patience=15

${timeLimit}
${handover}`;
