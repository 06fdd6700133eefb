import type {CommandArtifact} from '../../artifacts/artifact.ts';
import {daemonReload} from '../../artifacts/daemon-reload.ts';
import type {Rendered} from '../../artifacts/rendered.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {imageSystem} from '../../image/systems.ts';
import type {Plan} from '../../plan/plan.ts';
import {type BootPorts, bootPorts, writerOf} from '../chains.ts';
import {judgeTrial, trialImpossible, warnOfHang} from './judge-trial.ts';
import {
  renderTrialUnits,
  trialArguments,
  trialConfigurationPath,
  trialServicePath,
  trialTimerPath,
  trialWantsPath,
} from './trial-units.ts';

/**
 * What starts the plan for one boot, in addition to everything that the known-good boot needs: an entry, an image and a timer
 * of its own.
 */
export const renderTrial = (facts: HostFacts, plan: Plan, token: string, ports: BootPorts = bootPorts): Rendered => {
  const loader = writerOf(facts.boot, ports)?.trial ?? null;
  const image = imageSystem(facts.boot.initramfs, ports.images)?.trialImage ?? null;
  const obstacles = judgeTrial(facts, plan, {loader, image, images: ports.images});
  const present = loader?.argumentsOf(facts) ?? null;
  const {release} = facts.kernel;
  if (obstacles.length > 0 || loader === null || image === null || present === null || release === null)
    return {artifacts: [], findings: obstacles.map(trialImpossible)};
  const line = trialArguments(present, plan, {token, watchdog: facts.boot.watchdog});
  if (!line.ok) return {artifacts: [], findings: [trialImpossible(line.reason)]};
  const start = loader.render(facts, line.text);
  if (start === null || 'code' in start) return {artifacts: [], findings: start === null ? [] : [start]};
  return {
    artifacts: [
      ...image.render(facts, plan, {release, path: start.imagePath, directory: trialConfigurationPath}),
      ...renderTrialUnits(plan),
      start.entry,
      reload,
      start.chooseOnce,
    ],
    findings: [warnOfHang(facts)],
  };
};

/** Stopped on the way back: confirmed, this boot must not end after its ten minutes. */
const reload: CommandArtifact = {
  ...daemonReload([trialServicePath, trialTimerPath, trialWantsPath]),
  undo: ['/usr/bin/systemctl', 'stop', 'vfio-pilot-trial.timer'],
};
