import type {CommandArtifact} from '../../artifacts/artifact.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {libvirtOf} from '../../facts/virtualisation.ts';

/** libvirt reads some of the host when it starts only. Its guests go on running; a daemon that does not run is left alone. */
export const restartDaemon = (
  facts: HostFacts,
  triggers: readonly string[],
  why: string,
): readonly CommandArtifact[] => {
  const {daemon} = libvirtOf(facts);
  if (daemon === null) return [];
  const argv = ['/usr/bin/systemctl', 'try-restart', `${daemon}.service`] as const;
  return [{kind: 'command', argv, undo: argv, triggers, timeoutSeconds: 60, why: [why]}];
};
