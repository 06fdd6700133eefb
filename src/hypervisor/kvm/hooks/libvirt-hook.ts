import {libvirtOf} from '../../../facts/virtualisation.ts';
import type {CommandArtifact} from '../../../artifacts/artifact.ts';
import {ownHeader, type Rendered, renderOwned} from '../../../artifacts/rendered.ts';
import {fileNameOfGuest, mayNameGuest} from '../../../facts/guest-name.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {Plan} from '../../../plan/plan.ts';

/**
 * What libvirt calls a hook with (libvirt.org/hooks.html). After a start that fails at any of the first three, and after
 * every end, it calls `stopped end` and `release end`.
 */
export type HookOperation =
  'prepare begin' | 'start begin' | 'started begin' | 'stopped end' | 'release end' | 'reconnect begin';

type LibvirtHook = {
  /** One word of the file name, `isolation`. */
  readonly purpose: string;
  /** 10 to 99: hooks run in the order of their names. */
  readonly order: number;
  readonly guest: string;
  /** Shell functions and constants that the operations use; only words and numbers of our own. */
  readonly body: string;
  /**
   * Shell commands. Only `exit 1` in `prepare begin` and `start begin` may refuse a start; in `reconnect begin` it would
   * kill a guest that runs.
   */
  readonly operations: Readonly<Partial<Record<HookOperation, string>>>;
};

/** By which the journal of systemd knows what the hooks of one guest say. */
export const hookLogTag = (guest: string): string => `vfio-pilot/${fileNameOfGuest(guest)}`;

const hooksDirectory = '/etc/libvirt/hooks/qemu.d';

export const hookPath = ({purpose, order, guest}: Pick<LibvirtHook, 'purpose' | 'order' | 'guest'>): string => {
  if (!/^[a-z]+$/.test(purpose) || !/^[1-9]\d$/.test(String(order)) || !mayNameGuest(guest))
    throw new Error(`no hook can be named after ${purpose}, ${order} and ${guest}`);
  return `${hooksDirectory}/vfio-pilot-${order}-${purpose}-${fileNameOfGuest(guest)}`;
};

/**
 * The hook as a POSIX shell script. `$run`, `$proc` and `$sysfs` stand for /run, /proc and /sys; `note WORDS` tells the
 * journal of systemd, and `say WORDS` the user too, where a start is refused. Everything from here on runs one hook at a time.
 */
export const renderHook = (profile: string, hook: LibvirtHook): string => {
  const name = hookPath(hook).slice(hooksDirectory.length + 1);
  const cases = Object.entries(hook.operations).map(
    ([operation, commands]) => `'${operation}')\n${indent(commands)}\n\t;;`,
  );
  return `#!/bin/sh
${ownHeader('#', profile)}# libvirt runs it at each step in the life of each guest: guest, operation, sub-operation (libvirt.org/hooks.html).
# It must ask libvirt nothing: libvirt waits for it.

# A copy under another name, such as a backup that an editor left, does nothing.
[ "\${0##*/}" = '${name}' ] || exit 0
[ "$1" = '${hook.guest}' ] || exit 0
case "$2 $3" in
${Object.keys(hook.operations)
  .map((operation) => `'${operation}'`)
  .join(' | ')}) ;;
*) exit 0 ;;
esac

PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
run=/run
proc=/proc
sysfs=/sys

say() {
	echo "vfio-pilot: $*" >&2
	note "$*"
}

note() {
	logger -t '${hookLogTag(hook.guest)}' -- "$*" 2>/dev/null
}

mkdir -p "$run/vfio-pilot"
exec 9>"$run/vfio-pilot/hooks.lock"
flock -w 60 9 || say "another hook did not end within a minute; going on"

${hook.body.trim()}

case "$2 $3" in
${cases.join('\n')}
esac
exit 0
`;
};

const indent = (commands: string): string =>
  commands
    .trim()
    .split('\n')
    .map((line) => (line === '' ? '' : `\t${line}`))
    .join('\n');

type HookFile = Pick<LibvirtHook, 'purpose' | 'order'> & {
  /** `null`: this plan needs none, and one of an earlier run goes. */
  readonly hook: Pick<LibvirtHook, 'body' | 'operations'> | null;
  readonly why: string;
};

/** A hook of this plan's guest; those of other guests are other files and stay. */
export const renderHookFile = (
  facts: HostFacts,
  {profile, guest}: Plan,
  {purpose, order, hook, why}: HookFile,
): Rendered => {
  const named = {purpose, order, guest: guest.name};
  const path = hookPath(named);
  const file = renderOwned(facts, path, hook === null ? '' : renderHook(profile, {...named, ...hook}), 0o755, why);
  return {...file, artifacts: [...file.artifacts, ...(file.artifacts.length === 0 ? [] : reloadDaemon(facts, path))]};
};

/**
 * The daemon looks once whether there are hooks at all, and again on SIGHUP (libvirt: src/util/virhook.c, virHookCall),
 * which its units send on reload. One that does not run looks when it starts.
 */
const reloadDaemon = (facts: HostFacts, path: string): readonly CommandArtifact[] => {
  const libvirt = libvirtOf(facts);
  if (libvirt.daemon === null) return [];
  const argv = ['/usr/bin/systemctl', 'try-reload-or-restart', `${libvirt.daemon}.service`] as const;
  return [
    {
      kind: 'command',
      argv,
      undo: argv,
      triggers: [path],
      timeoutSeconds: 60,
      why: ['libvirt looks for hooks only when it starts or reloads; guests go on running.'],
    },
  ];
};
