import {lastingArguments} from '../../plan/arguments/host-command-line.ts';
import type {PlanContext} from '../../plan/context.ts';
import type {MemoryPlan, PinningPlan} from '../../plan/plan.ts';
import {judgeXenHost} from '../xen/judge-host.ts';
import {isRelaxed, xapiOf} from './xapi-facts.ts';
import {listWords} from '../../words/list-words.ts';

/** What is true of an XCP-ng host, whichever VM gets the device. */
export const judgeXapiHost = (context: PlanContext, pinning: PinningPlan, memory: MemoryPlan): void => {
  const {facts, report} = context;
  const {xapi} = xapiOf(facts);
  judgeXenHost(context, pinning, memory);
  if (xapi.vms === null)
    report('blocker', 'xapi-silent', {
      subject: 'host',
      message: 'The VMs of this host are unknown: `xe vm-list` gave no answer.',
      remedy: 'Does `xe vm-list` answer in dom0 (`xe-toolstack-restart`)? Then capture the host again, as root.',
    });
  judgeArguments(context);
  if (!isRelaxed(xapi))
    report('note', 'xapi-upgrade', {
      subject: 'host',
      message: `An upgrade of ${xapi.product} ${xapi.version ?? 'of unknown version'} from an ISO to 8.2 or older forgets which devices are hidden; one to 8.3 keeps that, and forgets extra_guest_irqs.`,
      remedy: 'Verify after each upgrade.',
    });
  if ((xapi.hosts ?? 1) > 1)
    report('note', 'xapi-pool', {
      subject: 'host',
      message: `This host is in a pool of ${xapi.hosts} hosts. A VM with a PCI device starts on the host with that device only, and all hosts of the pool know the same VMs.`,
      remedy:
        'Set its home server to this host (xe vm-param-set uuid=VM affinity=HOST-UUID), and give addresses of this host only.',
    });
  if (facts.kernel.loaded?.includes('gim') === true)
    report('warning', 'gim-not-served', {
      subject: 'host',
      message:
        'AMD’s MxGPU driver (gim) is loaded in dom0: it divides its cards, and XAPI gives the parts to VMs as GPU groups. This program gives out whole functions only.',
      remedy: 'Give parts with `xe vgpu-create`, and don’t name such a card in devices.',
    });
};

/** Two ways to the same line; where they differ, somebody has changed it between the two, or it is another file. */
const judgeArguments = (context: PlanContext): void => {
  const {hide} = xapiOf(context.facts).xapi;
  const found = lastingArguments(context.facts, 'xen-pciback.hide');
  if (
    hide === null ||
    context.facts.boot.next === null ||
    hide === found.map((one) => `xen-pciback.hide=${one}`).join('\n')
  )
    return;
  context.report('blocker', 'xapi-arguments-differ', {
    subject: 'kernelArguments',
    message: `xen-cmdline says ${hide === '' ? 'that nothing is hidden' : hide}, and grub.cfg has ${found.length === 0 ? 'nothing of it' : listWords(found)}.`,
    remedy: 'Was it changed while the host was captured? Capture it again.',
  });
};
