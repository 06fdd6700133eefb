import type {CommandArtifact} from './artifact.ts';

/** Runs when one of these files of systemd is changed; undoing the change needs it just as much. */
export const daemonReload = (triggers: readonly string[]): CommandArtifact => ({
  kind: 'command',
  argv: ['/usr/bin/systemctl', 'daemon-reload'],
  undo: ['/usr/bin/systemctl', 'daemon-reload'],
  triggers,
  timeoutSeconds: 60,
  why: ['systemd reads changed units only after a daemon-reload.'],
});
