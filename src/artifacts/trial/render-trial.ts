import type {HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Artifact, CommandArtifact} from '../artifact.ts';
import {judgeReadable} from '../own-file.ts';
import type {Rendered} from '../rendered.ts';
import {judgeTrial, warnOfHang} from './judge-trial.ts';
import {customMenuPath, editCustomMenu, renderTrialEntry, trialArguments} from './trial-entry.ts';
import type {TrialBoot} from './trial-entry.ts';
import {renderTrialImage} from './trial-image.ts';
import {trialEntryId, trialServicePath, trialTimerPath, trialWantsPath} from './trial-paths.ts';
import {renderTrialUnits} from './trial-units.ts';

/**
 * What starts the plan for one boot, beside everything that the known-good boot needs: an entry, an image and a timer
 * of its own. GRUB forgets the choice before it starts the entry, so whatever happens then, the next boot is the old one.
 */
export const renderTrial = (facts: HostFacts, plan: Plan, token: string): Rendered => {
  const obstacles = judgeTrial(facts, plan);
  const {grubMenu} = facts.boot;
  const {release} = facts.kernel;
  if (obstacles.length > 0 || grubMenu === undefined || grubMenu.running === null || release === null) return {artifacts: [], findings: obstacles};
  const path = customMenuPath(grubMenu);
  const unreadable = judgeReadable(facts.files[path]);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const line = trialArguments(grubMenu.running, plan, {token, watchdog: facts.boot.watchdog ?? null} satisfies TrialBoot);
  if (!line.ok) return {artifacts: [], findings: [notEditable(path, line.reason)]};
  const text = editCustomMenu(facts.files[path]?.text ?? '', renderTrialEntry(grubMenu.running, line.text, release));
  if (text === null) return {artifacts: [], findings: [damagedMarks(path)]};
  const menu: Artifact = {kind: 'file', path, text, encoding: facts.files[path]?.encoding ?? 'utf8', mode: 0o644, installer: 'file', why: ['An entry that only a choice for one boot starts; grub.cfg reads this file, and stays as it is.']};
  return {
    artifacts: [...renderTrialImage(facts, plan, release), ...renderTrialUnits(plan), menu, reload, chooseOnce(grubMenu.directory, path)],
    findings: warnOfHang(facts),
  };
};

/** Stopped on the way back: confirmed, this boot must not end after its ten minutes. */
const reload: CommandArtifact = {
  kind: 'command',
  argv: ['/usr/bin/systemctl', 'daemon-reload'],
  undo: ['/usr/bin/systemctl', 'stop', 'vfio-pilot-trial.timer'],
  triggers: [trialServicePath, trialTimerPath, trialWantsPath],
  timeoutSeconds: 60,
  why: ['systemd reads changed units only when it is told.'],
};

/** The last step of all: until here nothing starts the entry. */
const chooseOnce = (directory: string, menuPath: string): CommandArtifact => {
  const name = directory.endsWith('grub2') ? 'grub2' : 'grub';
  return {
    kind: 'command',
    argv: [`/usr/sbin/${name}-reboot`, trialEntryId],
    undo: [`/usr/bin/${name}-editenv`, `${directory}/grubenv`, 'unset', 'next_entry'],
    triggers: [menuPath],
    timeoutSeconds: 60,
    why: ['The next boot starts the trial, and only that one: GRUB clears the choice before it starts the entry.'],
  };
};

const notEditable = (path: string, reason: string): Finding => ({
  code: 'trial-impossible',
  severity: 'blocker',
  subject: path,
  message: `The arguments for a trial boot can't be put together safely: ${reason}.`,
  remedy: 'Apply without --trial.',
});

const damagedMarks = (path: string): Finding => ({
  code: 'file-foreign',
  severity: 'blocker',
  subject: path,
  message: `${path} has only one of the two marks "# BEGIN vfio-pilot trial" and "# END vfio-pilot trial".`,
  remedy: 'Remove the entry that vfio-pilot wrote, with the marks, then run the command again.',
});
