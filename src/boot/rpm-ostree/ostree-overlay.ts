import {earlyBinding} from '../../binding/early-binding.ts';
import {modprobePath, udevRulesPath} from '../../binding/files.ts';
import type {CommandArtifact} from '../../artifacts/artifact.ts';
import {joinRendered, type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {type ImageMaker, plainImages} from '../../image/image-system.ts';
import type {Plan} from '../../plan/plan.ts';
import type {ArgumentsEffect, Words} from '../probes/command-lines.ts';
import {deploymentOf} from './ostree-deployment.ts';
import {listWords} from '../../words/list-words.ts';

/**
 * The initramfs comes with the deployment, and /usr is read-only, so that we can put no module into dracut's
 * directory. rpm-ostree lays files of /etc over the image instead (`initramfs-etc`), which keeps the image of the
 * vendor: a udev rule is all that binding by address needs. Not `rpm-ostree initramfs --enable`, which makes the whole
 * image on this machine at each update. The commands go with those of the arguments.
 */
const renderFiles = (facts: HostFacts, plan: Plan): Rendered => {
  const {byAddress, initramfsModules} = plan.binding;
  const rules = renderOwned(
    facts,
    udevRulesPath,
    earlyBinding(plan).rules(facts.pci),
    0o644,
    `Gives ${listWords(byAddress)} to vfio-pci before any other driver may have it.`,
  );
  const isByIds = byAddress.length === 0 && initramfsModules.length > 0;
  return joinRendered([rules, {artifacts: [], findings: isByIds ? [idsUnsupported] : []}]);
};

/**
 * Before the arguments are changed and after it, in this order: each of these commands makes a deployment, for which all
 * files that are laid over must be there. The inverses run in the other order, when our files have been taken back.
 */
export const overlayCommands = (
  facts: HostFacts,
  plan: Plan,
): {readonly before: readonly CommandArtifact[]; readonly after: readonly CommandArtifact[]} => {
  const tracked = deploymentOf(facts)?.initramfsFiles ?? [];
  const wanted =
    plan.binding.byAddress.length === 0
      ? []
      : [udevRulesPath, ...(earlyBinding(plan).moduleOptions() === '' ? [] : [modprobePath])];
  const missing = wanted.filter((path) => !tracked.includes(path));
  const surplus = [udevRulesPath, modprobePath].filter((path) => tracked.includes(path) && !wanted.includes(path));
  const track = (path: string): string => `--track=${path}`;
  const untrack = (path: string): string => `--untrack=${path}`;
  return {
    before:
      surplus.length === 0
        ? []
        : [
            initramfsEtc(
              surplus.map(untrack),
              surplus.map(track),
              [],
              {has: [], lacks: surplus},
              {has: surplus, lacks: []},
            ),
          ],
    after:
      missing.length > 0
        ? [
            initramfsEtc(
              missing.map(track),
              missing.map(untrack),
              [],
              {has: missing, lacks: []},
              {has: [], lacks: missing},
            ),
          ]
        : wanted.length > 0
          ? [
              initramfsEtc(
                ['--force-sync'],
                ['--force-sync'],
                wanted,
                {has: wanted, lacks: []},
                {has: wanted, lacks: []},
              ),
            ]
          : [],
  };
};

const program = ['/usr/bin/rpm-ostree', 'initramfs-etc'] as const;

/** Files that are tracked already are read again by each new deployment, and `--force-sync` makes one. */
const initramfsEtc = (
  words: readonly string[],
  inverse: readonly string[],
  triggers: readonly string[],
  after: Words,
  before: Words,
): CommandArtifact => ({
  kind: 'command',
  argv: [...program, ...words],
  undo: [...program, ...inverse],
  triggers,
  timeoutSeconds: 900,
  // Without options it lists them (rpm-ostree: initramfs-etc).
  effect: {kind: 'arguments', of: {kind: 'program', argv: program}, before, after} satisfies ArgumentsEffect,
  why: ['rpm-ostree lays these files over the initramfs of each deployment to come.'],
});

const judgeImages = (facts: HostFacts): readonly Finding[] => {
  const deployment = deploymentOf(facts);
  if (deployment === null) return [unreadable];
  return deployment.isContainer ? [refusedByBootc] : [];
};

const unreadable: Finding = {
  code: 'initramfs-unsupported',
  severity: 'blocker',
  subject: 'binding',
  message: 'Which files are laid over the initramfs can not be read: rpm-ostree gave no answer.',
  remedy:
    'Run the command as root on the started machine, or set binding: libvirt. A bootc system without rpm-ostree has its initramfs from the image alone.',
};

const idsUnsupported: Finding = {
  code: 'initramfs-unsupported',
  severity: 'blocker',
  subject: 'binding',
  message:
    'Binding by ids needs vfio-pci in the initramfs before the drivers that would take the card, and the initramfs comes with the image here.',
  remedy: 'Set binding: address, which needs no module in it, or binding: libvirt.',
};

/** bootc: any group of rpm-ostree in the origin makes `bootc upgrade` refuse (origin_has_rpmostree_stuff). */
const refusedByBootc: Finding = {
  code: 'image-changed-locally',
  severity: 'warning',
  subject: 'binding',
  message:
    'This system is made from a container image: once rpm-ostree lays files over the initramfs, `bootc upgrade` refuses to update it.',
  remedy: `Update with rpm-ostree upgrade from then on, or set binding: libvirt. Where you build the image yourself, put ${udevRulesPath} into it and make its initramfs with that file.`,
};

export const ostreeOverlay: ImageMaker = {
  ...plainImages,
  renderFiles,
  triggers: [udevRulesPath, modprobePath],
  renderImages: () => [],
  renderCopy: () => null,
  judgeSettings: () => [],
  judgeImages,
  claim: 'rule',
};
