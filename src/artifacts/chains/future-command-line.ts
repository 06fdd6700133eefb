import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {editCommandLine} from '../command-line/edit-command-line.ts';
import {editOfPlan, reasonsOfPlan} from '../command-line/edit-of-plan.ts';
import {kernelCommandLinePath, renderKernelCommandLine} from '../command-line/kernel-cmdline-file.ts';
import type {Rendered} from '../rendered.ts';

export const vendorCommandLinePath = '/usr/lib/kernel/cmdline';

/**
 * Kernels that are installed later get their arguments from /etc/kernel/cmdline. Without that file kernel-install takes
 * those that are running, which do not have ours before the next boot (systemd: kernel-install(8)); so it is made from
 * `otherwise`, where that is known.
 */
export const renderFutureCommandLine = (facts: HostFacts, plan: Plan, otherwise: string | null): Rendered => {
  const file = facts.files[kernelCommandLinePath];
  if (file !== undefined) return renderKernelCommandLine(file, plan);
  if (otherwise === null) return {artifacts: [], findings: []};
  const base = facts.files[vendorCommandLinePath]?.text?.replaceAll(/^\s*#.*$/gm, '').trim().replaceAll(/\s+/g, ' ') ?? otherwise;
  const edited = editCommandLine(base, editOfPlan(plan));
  if (!edited.ok || edited.text === base) return {artifacts: [], findings: []};
  const why = ['kernel-install gives these arguments to the entries of kernels that are installed later.', ...reasonsOfPlan(plan)];
  return {artifacts: [{kind: 'file', path: kernelCommandLinePath, text: `${edited.text}\n`, encoding: 'utf8', mode: 0o644, installer: 'file', why}], findings: []};
};
