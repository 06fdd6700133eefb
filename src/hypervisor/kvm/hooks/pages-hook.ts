import type {Rendered} from '../../../artifacts/rendered.ts';
import {fileNameOfGuest} from '../../../facts/guest-name.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {Plan} from '../../../plan/plan.ts';
import {renderHookFile} from './libvirt-hook.ts';
import functions from './pages.sh';

/**
 * Takes the guest's pages before it starts and gives them back after its end, next to those that are there anyway. The
 * kernel may grant fewer without an error, so they are counted; a start that can't have all of them is refused.
 */
export const renderPagesHook = (facts: HostFacts, plan: Plan): Rendered => {
  const pages = plan.memory.hugepages;
  return renderHookFile(facts, plan, {
    purpose: 'pages',
    order: 30,
    why: 'Takes the huge pages of the guest when it starts, and gives them back when it ends.',
    hook:
      pages?.method === 'hook'
        ? {
            body: body(plan.guest.name, pages.sizeKiB, pages.perNode),
            operations: {'prepare begin': 'take_pages', 'release end': 'give_back'},
          }
        : null,
  });
};

const body = (guest: string, sizeKiB: number, perNode: Readonly<Record<string, number>>): string => `
wanted='${Object.entries(perNode)
  .filter(([, count]) => count > 0)
  .map(([node, count]) => `${node}:${count}`)
  .join(' ')}'
size=${sizeKiB}
state="$run/vfio-pilot/pages-${fileNameOfGuest(guest)}"

${functions}`;
