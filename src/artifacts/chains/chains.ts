import type {BootLoader, HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import {renderGrub} from '../grub/render-grub.ts';
import type {Rendered} from '../rendered.ts';

type RenderChain = (facts: HostFacts, plan: Plan) => Rendered;

/** One way to write kernel arguments for each boot loader; what is not here is refused. */
const chains: Readonly<Partial<Record<BootLoader, RenderChain>>> = {
  grub: renderGrub,
};

export const renderChain = (facts: HostFacts, plan: Plan): Rendered => {
  const render = facts.boot.loader === null ? undefined : chains[facts.boot.loader];
  if (render !== undefined) return render(facts, plan);
  const {add, remove} = plan.kernelArguments;
  return {artifacts: [], findings: add.length + remove.length === 0 ? [] : [unsupported(facts)]};
};

export const servedChains: readonly string[] = Object.keys(chains);

const unsupported = ({boot}: HostFacts): Finding => ({
  code: 'boot-chain-unsupported',
  severity: 'blocker',
  subject: 'kernelArguments',
  message: `Kernel arguments must be written, and this version can't do that for ${boot.loader ?? 'an unknown boot loader'}.`,
  remedy: 'Add them by hand; `plan` lists them with the reason for each.',
});
