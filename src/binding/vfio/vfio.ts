import {type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Binding} from '../binding.ts';
import {idOf} from '../../plan/device/describe-function.ts';
import {checkVfioModule} from './check-module.ts';
import {builtInOptionArguments, chooseIdArguments} from './binding-arguments.ts';
import {chooseBindBy, keptBindings} from './choose-bind-by.ts';
import {chooseBinding} from './choose-binding.ts';
import {chooseDriver} from './choose-driver.ts';
import {modprobePath} from '../files.ts';
import {findModprobeConflicts, findUnknownOptions, renderModprobe} from './modprobe.ts';
import {vfioPromises} from './promises.ts';

const render = (facts: HostFacts, plan: Plan): Rendered => {
  const modprobe = renderOwned(
    facts,
    modprobePath,
    renderModprobe(plan),
    0o644,
    'Module options and the order in which drivers load.',
  );
  const files = Object.values(facts.files).filter((file) => file.path.startsWith('/etc/modprobe.d/'));
  const lent = facts.pci.filter(({address}) => plan.handover?.functions.includes(address) === true).map(idOf);
  return {
    artifacts: modprobe.artifacts,
    findings: [...modprobe.findings, ...findModprobeConflicts(files, lent), ...findUnknownOptions(facts, files)],
  };
};

/** vfio-pci, or the variant of it that the kernel names for a device. */
export const vfio: Binding = {
  kind: 'vfio',
  kept: keptBindings,
  chooseBy: chooseBindBy,
  chooseDriver,
  plan: (context, chosen, by, drivers) =>
    chooseBinding(
      context,
      chosen,
      by,
      drivers.filter((driver) => driver !== 'vfio-pci'),
    ),
  argumentParts: (context, chosen, plan) => [chooseIdArguments(context, chosen, plan.by), builtInOptionArguments(plan)],
  render,
  checks: (facts) => [checkVfioModule(facts)],
  promises: vfioPromises,
};
