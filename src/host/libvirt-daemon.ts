import type {Source} from '../system/source.ts';
import type {LibvirtFacts} from './facts.ts';
import {isInstalled} from './packages.ts';

type Daemon = NonNullable<LibvirtFacts['daemon']>;

const daemons: readonly Daemon[] = ['libvirtd', 'virtqemud'];

/** Which daemon runs QEMU guests: what runs now, else what systemd is told to start, else what is installed. */
export const readDaemon = (source: Source): LibvirtFacts['daemon'] =>
  only(daemons.filter((daemon) => source.exists(`/run/${daemon}.pid`))) ??
  only(daemons.filter((daemon) => isEnabled(source, daemon))) ??
  only(daemons.filter((daemon) => source.exists(`/usr/sbin/${daemon}`) || source.exists(`/usr/bin/${daemon}`))) ??
  // Debian and Ubuntu start libvirtd, although the modular daemons come with it.
  (isInstalled(source, 'libvirt-daemon-system') ? 'libvirtd' : null);

const only = (found: readonly Daemon[]): Daemon | null => (found.length === 1 ? (found[0] ?? null) : null);

const isEnabled = (source: Source, daemon: Daemon): boolean =>
  ['sockets.target.wants', 'multi-user.target.wants'].some((wants) =>
    ['socket', 'service'].some((kind) => source.link(`/etc/systemd/system/${wants}/${daemon}.${kind}`) !== null),
  );
