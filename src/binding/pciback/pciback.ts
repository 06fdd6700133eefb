import {type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {kernelsOf, moduleState} from '../../facts/modules.ts';
import {about, type Check} from '../../findings/check.ts';
import type {Binding} from '../binding.ts';
import {modprobePath, udevRulesPath} from '../files.ts';
import {joinRendered} from '../../artifacts/rendered.ts';
import {chooseHideBy, hideArgument, keptHidden, planHiding} from './choose-hiding.ts';
import {pcibackPromises} from './promises.ts';
import {listWords} from '../../words/list-words.ts';

/** xen-pciback of dom0's kernel, which hides devices from its drivers. */
export const pciback: Binding = {
  kind: 'pciback',
  kept: keptHidden,
  chooseBy: chooseHideBy,
  chooseDriver: () => 'pciback',
  plan: (context, chosen, by) => planHiding(context, chosen, by),
  argumentParts: (context, _chosen, plan) => [hideArgument(context, plan)],
  render: (facts) => withoutVfio(facts),
  checks: (facts) => [checkModule(facts)],
  promises: pcibackPromises,
};

/** Of a plan for KVM on this host: under Xen vfio-pci finds no IOMMU, and would keep the card from pciback. */
const withoutVfio = (facts: HostFacts): Rendered =>
  joinRendered([modprobePath, udevRulesPath].map((path) => renderOwned(facts, path, '', 0o644, '')));

const checkModule = (facts: HostFacts): Check => {
  const {ok, info, error} = about('xen-pciback', 'xen-pciback');
  const states = kernelsOf(facts).map((kernel) => ({
    release: kernel.release,
    state: moduleState(kernel, 'xen_pciback'),
  }));
  const lacking = states.filter(({state}) => state === 'absent').map(({release}) => release);
  if (lacking.length > 0)
    return error(
      `Kernel ${listWords(lacking)} has no xen-pciback: started with it, no card can be hidden from dom0.`,
      'Install a kernel with CONFIG_XEN_PCIDEV_BACKEND, or remove that one.',
    );
  if (states.some(({state}) => state === 'unknown'))
    return info('The modules of the kernel are not known here (/lib/modules).');
  return ok(states.some(({state}) => state === 'built-in') ? 'Built into the kernel.' : 'A module of this kernel.');
};
