import type {BootLoader, HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {CommandArtifact} from '../artifact.ts';
import type {Rendered} from '../rendered.ts';
import {grubTrial} from './grub-trial.ts';
import {judgeTrial} from './judge-trial.ts';
import {systemdBootTrial} from './systemd-boot-trial.ts';
import {trialArguments} from './trial-arguments.ts';
import {trialImpossible, warnOfHang} from './trial-findings.ts';
import {renderTrialImage} from './trial-image.ts';
import type {TrialLoader} from './trial-loader.ts';
import {trialServicePath, trialTimerPath, trialWantsPath} from './trial-paths.ts';
import {renderTrialUnits} from './trial-units.ts';

const loaders: Readonly<Partial<Record<BootLoader, TrialLoader>>> = {grub: grubTrial, 'systemd-boot': systemdBootTrial};

/**
 * What starts the plan for one boot, beside everything that the known-good boot needs: an entry, an image and a timer
 * of its own.
 */
export const renderTrial = (facts: HostFacts, plan: Plan, token: string): Rendered => {
  const loader = facts.boot.loader === null ? null : (loaders[facts.boot.loader] ?? null);
  const obstacles = judgeTrial(facts, plan, loader);
  const present = loader?.argumentsOf(facts) ?? null;
  const {release} = facts.kernel;
  if (obstacles.length > 0 || loader === null || present === null || release === null) return {artifacts: [], findings: obstacles.map(trialImpossible)};
  const line = trialArguments(present, plan, {token, watchdog: facts.boot.watchdog ?? null});
  if (!line.ok) return {artifacts: [], findings: [trialImpossible(line.reason)]};
  const start = loader.render(facts, line.text);
  if (start === null || 'code' in start) return {artifacts: [], findings: start === null ? [] : [start]};
  return {
    artifacts: [...renderTrialImage(facts, plan, release, start.imagePath), ...renderTrialUnits(plan), start.entry, reload, start.chooseOnce],
    findings: [warnOfHang(facts)],
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
