import type {Rendered} from '../../../artifacts/rendered.ts';
import {fileNameOfGuest} from '../../../facts/guest-name.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {Plan} from '../../../plan/plan.ts';
import cpuLists from './cpu-lists.sh';
import functions from './isolation.sh';
import {renderHookFile} from './libvirt-hook.ts';

/**
 * Keeps the host off the CPUs of the guest from `started` to `release`: at `started` nothing can fail any more, and
 * libvirt calls `release` after every end. Guests that run at once share the state in /run: each change starts from what
 * the host had before the first of them.
 */
export const renderIsolationHook = (facts: HostFacts, plan: Plan): Rendered =>
  renderHookFile(facts, plan, {
    purpose: 'isolation',
    order: 70,
    why: 'Programs and interrupts of the host leave the CPUs of the guest when it starts, and may come back when it ends.',
    hook:
      plan.isolation.method === 'cgroup'
        ? {body: body(plan), operations: {'started begin': 'isolate', 'release end': 'give_back'}}
        : null,
  });

const body = ({isolation, guest}: Plan): string => `
guest='${fileNameOfGuest(guest.name)}'
own_cpus='${isolation.cpus.join(' ')}'
state="$run/vfio-pilot/isolation"
units='system.slice user.slice init.scope'

${cpuLists}
${functions}`;
