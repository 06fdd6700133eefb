import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Artifact, GeneratedArtifact} from '../artifact.ts';
import type {Rendered} from '../rendered.ts';
import {chooseGrubTarget, grubDefaultsPath, grubDropInPath} from './choose-grub-target.ts';
import type {GrubTarget} from './choose-grub-target.ts';

/** GRUB's source file with our arguments, and grub.cfg made from it. */
export const renderGrub = (facts: HostFacts, plan: Plan): Rendered => {
  const {add, remove, ownedKeys} = plan.kernelArguments;
  const hasNothing = add.length === 0 && remove.length === 0 && ownedKeys.length === 0;
  if (hasNothing && facts.files[grubDropInPath] === undefined) return {artifacts: [], findings: []};
  const edit = {add: add.map((argument) => argument.text), remove: remove.map((argument) => argument.text), ownedKeys};
  const target = chooseGrubTarget(facts.files, edit, plan.profile);
  const files = sourceFiles(plan, target);
  return {artifacts: files.length === 0 ? [] : [...files, renderConfiguration(facts, target)], findings: target.findings};
};

const sourceFiles = (plan: Plan, target: GrubTarget): readonly Artifact[] => {
  const why = [...plan.kernelArguments.add, ...plan.kernelArguments.remove].map((argument) => `${argument.text}: ${argument.because}`);
  return [
    ...target.files.map((file): Artifact => ({kind: 'file', ...file, mode: 0o644, installer: 'file', why})),
    ...(target.isDropInStale ? [{kind: 'absent', path: grubDropInPath, why: ['Written by an earlier run; this plan does not need it.']} as const] : []),
  ];
};

/** Validated before it replaces the one that boots: grub-mkconfig itself truncates the old file and writes into it. */
const renderConfiguration = (facts: HostFacts, target: GrubTarget): GeneratedArtifact => {
  const grub = facts.boot.grubName ?? 'grub';
  return {
    kind: 'generated',
    path: `/boot/${grub}/grub.cfg`,
    argv: [`/usr/sbin/${grub}-mkconfig`, '-o', '{output}'],
    validations: [
      {kind: 'size', minimumRatio: 0.5},
      {kind: 'command', argv: [`/usr/bin/${grub}-script-check`, '{output}']},
      ...(target.effective.length === 0 ? [] : [{kind: 'contains', texts: target.effective} as const]),
    ],
    triggers: [grubDefaultsPath, grubDropInPath],
    timeoutSeconds: 300,
    why: ['GRUB reads grub.cfg, which is made from /etc/default/grub.'],
  };
};
