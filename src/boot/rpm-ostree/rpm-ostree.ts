import type {CommandArtifact} from '../../artifacts/artifact.ts';
import type {Rendered} from '../../artifacts/rendered.ts';
import type {DeploymentFacts} from '../../facts/boot.ts';
import {looksAt} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {chooseLineEdit} from '../../formats/kernel-line/edit.ts';
import type {Plan} from '../../plan/plan.ts';
import {
  addByHand,
  type BootChain,
  type ChainPromise,
  type Evidence,
  isSet,
  nothingLater,
  plainLoader,
} from '../boot-chain.ts';
import {editOfPlan, reasonsOfPlan} from '../command-line/kernel-cmdline-file.ts';
import {entryFiles} from '../entries/linux-entries.ts';
import type {ArgumentsEffect} from '../probes/command-lines.ts';
import {deploymentOf, readDeployment} from './ostree-deployment.ts';
import {ostreeOverlay, overlayCommands} from './ostree-overlay.ts';

/**
 * Silverblue, Bazzite, Fedora CoreOS and bootc with rpm-ostree: each change of the arguments is a deployment of its
 * own, and the present one stays in the menu. Two commands, since which of the `-if-` options goes first in one command
 * is not documented.
 */
const render = (facts: HostFacts, plan: Plan): Rendered => {
  const {before, after} = overlayCommands(facts, plan);
  const {artifacts, findings} = renderArguments(facts, plan);
  return {artifacts: [...before, ...artifacts, ...after], findings};
};

const renderArguments = (facts: HostFacts, plan: Plan): Rendered => {
  const edit = editOfPlan(plan);
  if (edit.add.length + edit.remove.length + edit.ownedKeys.length === 0) return {artifacts: [], findings: []};
  const deployment = deploymentOf(facts);
  if (deployment === null)
    return {artifacts: [], findings: edit.add.length + edit.remove.length === 0 ? [] : [unreadable(edit.add)]};
  const chosen = chooseLineEdit(deployment.commandLine, edit);
  if (!chosen.ok) return {artifacts: [], findings: [notEditable(chosen.reason, edit.add)]};
  const stale = chosen.tokens.filter(chosen.isStale).map((token) => token.text);
  const kept = chosen.tokens.filter((token) => !chosen.isStale(token)).map((token) => token.text);
  const repeated = findRepeated(stale, kept) ?? findRepeated(chosen.missing, kept);
  if (repeated !== null)
    return {artifacts: [], findings: [notEditable(`rpm-ostree can't tell the arguments ${repeated} apart`, edit.add)]};
  const artifacts = [...changeArguments('delete', stale, plan), ...changeArguments('append', chosen.missing, plan)];
  return {artifacts, findings: artifacts.length === 0 ? [] : noteImage(deployment, edit.add)};
};

const program = '/usr/bin/rpm-ostree';

const changeArguments = (
  verb: 'append' | 'delete',
  words: readonly string[],
  plan: Plan,
): readonly CommandArtifact[] => {
  if (words.length === 0) return [];
  const append = words.map((word) => `--append-if-missing=${word}`);
  const remove = words.map((word) => `--delete-if-present=${word}`);
  const [there, gone] = [
    {has: words, lacks: []},
    {has: [], lacks: words},
  ];
  const isAppended = verb === 'append';
  return [
    {
      kind: 'command',
      argv: [program, 'kargs', ...(isAppended ? append : remove)],
      undo: [program, 'kargs', ...(isAppended ? remove : append)],
      triggers: [],
      timeoutSeconds: 900,
      // Without options it says what the deployment that starts next has, staged or not.
      effect: {
        kind: 'arguments',
        of: {kind: 'program', argv: [program, 'kargs']},
        before: isAppended ? gone : there,
        after: isAppended ? there : gone,
      } satisfies ArgumentsEffect,
      why: reasonsOfPlan(plan),
    },
  ];
};

/** The same word twice: `-if-missing` would leave one out, and `-if-present` take the wrong one. */
const findRepeated = (words: readonly string[], kept: readonly string[]): string | null =>
  words.find((word, index) => words.indexOf(word) !== index || kept.includes(word)) ?? null;

const kargsFile = (words: readonly string[]): string =>
  `kargs = [${words.map((word) => JSON.stringify(word)).join(', ')}] in /usr/lib/bootc/kargs.d/50-vfio-pilot.toml`;

const unreadable = (words: readonly string[]): Finding => ({
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: 'rpm-ostree kargs',
  message: 'The kernel arguments of the deployment that starts next can not be read: rpm-ostree gave no answer.',
  remedy: `Run the command as root on the started machine. A bootc system without rpm-ostree takes its arguments from the image alone: ${words.length === 0 ? 'change /usr/lib/bootc/kargs.d' : `put ${kargsFile(words)}`} when the image is built, then run bootc upgrade.`,
});

const notEditable = (reason: string, words: readonly string[]): Finding => ({
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: 'rpm-ostree kargs',
  message: `The kernel arguments of the deployment can't be changed safely: ${reason}.`,
  remedy: `Bring them to ${words.join(' ')} with rpm-ostree kargs --editor, then run the command again.`,
});

/** bootc keeps arguments that it does not know (bootc: Kernel arguments). */
const noteImage = ({isContainer}: DeploymentFacts, words: readonly string[]): readonly Finding[] =>
  !isContainer || words.length === 0
    ? []
    : [
        {
          code: 'image-changed-locally',
          severity: 'note',
          subject: 'rpm-ostree kargs',
          message:
            'This system is made from a container image; the arguments are kept on this machine over its updates, and the image knows nothing of them.',
          remedy: `If all machines of the image are to have them, put ${kargsFile(words)} when it is built.`,
        },
      ];

const promises = (facts: HostFacts, plan: Plan): readonly ChainPromise[] => {
  if (plan.kernelArguments.add.length === 0) return [];
  const promise = 'The deployment that starts next has the kernel arguments.';
  return deploymentOf(facts) === null
    ? [
        {
          status: 'unknown',
          promise,
          fact: 'rpm-ostree gave no answer.',
          remedy: 'Run verify with sudo, on the started machine.',
        },
      ]
    : [{status: 'kept', promise, fact: 'They are there.', remedy: null}];
};

const evidence: BootChain['detection']['evidence'] = ({source, commandLine}) => {
  const said = (sentence: string): readonly Evidence[] => [{loader: 'rpm-ostree', strength: 'system', sentence}];
  if (isSet(commandLine, 'ostree='))
    return said('The kernel command line has ostree=: this is an OSTree deployment, whose arguments rpm-ostree keeps.');
  return source.exists('/run/ostree-booted') ? said('/run/ostree-booted exists: this is an OSTree deployment.') : [];
};

export const rpmOstree: BootChain = {
  name: 'rpm-ostree',
  detection: {...plainLoader, evidence},
  files: [looksAt('/run', 'ostree-booted', 'presence'), ...entryFiles],
  readOwn: ({source}) => ({kind: 'ostree', deployment: readDeployment(source)}),
  nextArguments: (_, own) => (own?.kind === 'ostree' && own.deployment !== null ? [own.deployment.commandLine] : null),
  writer: {
    render,
    rendersWholeHost: false,
    maker: ostreeOverlay,
    makesImagePerEntry: false,
    hypervisorLines: null,
    keptFiles: () => [],
    promises,
    later: nothingLater,
    trial: null,
    provenBy: [],
  },
  lineEdit: () => ({
    by: 'command',
    add: 'rpm-ostree kargs --append-if-missing=',
    remove: 'rpm-ostree kargs --delete-if-present=',
  }),
  byHand: addByHand,
};
