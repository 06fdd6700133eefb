import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {CommandArtifact} from '../artifact.ts';
import {renderOwned} from '../render-owned.ts';
import type {Rendered} from '../rendered.ts';
import {hookPath, renderHook} from './libvirt-hook.ts';
import type {LibvirtHook} from './libvirt-hook.ts';

type HookFile = Pick<LibvirtHook, 'purpose' | 'order'> & {
  /** `null`: this plan needs none, and one of an earlier run goes. */
  readonly hook: Pick<LibvirtHook, 'body' | 'operations'> | null;
  readonly why: string;
};

/** A hook of this plan's guest; those of other guests are other files and stay. */
export const renderHookFile = (facts: HostFacts, {profile, guest}: Plan, {purpose, order, hook, why}: HookFile): Rendered => {
  const named = {purpose, order, guest: guest.name};
  const path = hookPath(named);
  const file = renderOwned(facts, path, hook === null ? '' : renderHook(profile, {...named, ...hook}), 0o755, why);
  return {...file, artifacts: [...file.artifacts, ...(file.artifacts.length === 0 ? [] : reloadDaemon(facts, path))]};
};

/**
 * The daemon looks once whether there are hooks at all, and again on SIGHUP (libvirt: src/util/virhook.c, virHookCall),
 * which its units send on reload. One that does not run looks when it starts.
 */
const reloadDaemon = ({libvirt}: HostFacts, path: string): readonly CommandArtifact[] => {
  if (libvirt.daemon === null) return [];
  const argv = ['/usr/bin/systemctl', 'try-reload-or-restart', `${libvirt.daemon}.service`] as const;
  return [{kind: 'command', argv, undo: argv, triggers: [path], timeoutSeconds: 60, why: ['libvirt looks for hooks only when it starts or is told to reload; guests go on running.']}];
};
