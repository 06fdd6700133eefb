import type {Artifact, GeneratedArtifact} from '../../artifacts/artifact.ts';
import type {Rendered} from '../../artifacts/rendered.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {grubDefaultsPath, grubDropInPath, type GrubTarget} from './choose-grub-target.ts';
import {grubFactsOf} from './grub-facts.ts';

/** `options` of grub-mkconfig, where the one of a distribution writes more than its output without them. */
export const renderGrubTarget = (
  facts: HostFacts,
  plan: Plan,
  target: GrubTarget,
  options: readonly string[] = [],
): Rendered => {
  const files = sourceFiles(plan, target);
  return {
    artifacts: files.length === 0 ? [] : [...files, renderConfiguration(facts, target.effective, options)],
    findings: target.findings,
  };
};

const sourceFiles = (plan: Plan, target: GrubTarget): readonly Artifact[] => {
  const {kernelArguments, hypervisorArguments} = plan;
  const why = [...kernelArguments.add, ...kernelArguments.remove, ...(hypervisorArguments?.add ?? [])].map(
    (argument) => `${argument.text}: ${argument.because}`,
  );
  return [
    ...target.files.map((file): Artifact => ({
      kind: 'file',
      ...file,
      mode: 0o644,
      placing: 'first',
      by: 'writer',
      why,
    })),
    ...(target.isDropInStale
      ? [
          {
            kind: 'absent',
            path: grubDropInPath,
            why: ['Written by an earlier run; this plan does not need it.'],
          } as const,
        ]
      : []),
  ];
};

/** Validated before it replaces the one that boots: grub-mkconfig itself truncates the old file and writes into it. */
export const renderConfiguration = (
  facts: HostFacts,
  effective: readonly string[],
  options: readonly string[],
): GeneratedArtifact => {
  const name = grubFactsOf(facts)?.name ?? 'grub';
  return {
    kind: 'generated',
    path: `/boot/${name}/grub.cfg`,
    argv: [`/usr/sbin/${name}-mkconfig`, ...options, '-o', '{output}'],
    validations: [
      {kind: 'size', minimumRatio: 0.5},
      {kind: 'command', argv: [`/usr/bin/${name}-script-check`, '{output}']},
      ...(effective.length === 0 ? [] : [{kind: 'contains', texts: effective} as const]),
    ],
    triggers: [grubDefaultsPath, grubDropInPath],
    // In an emulated dom0 of Xen it took more than 300 s; it starts hundreds of programs, and looks for systems on other disks.
    timeoutSeconds: 900,
    why: ['GRUB reads grub.cfg, which is made from /etc/default/grub.'],
  };
};
