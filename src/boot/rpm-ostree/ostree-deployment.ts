import type {DeploymentFacts} from '../../facts/boot.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Source} from '../../system/source.ts';

export const deploymentOf = ({boot: {own}}: HostFacts): DeploymentFacts | null =>
  own?.kind === 'ostree' ? own.deployment : null;

/**
 * The deployment that starts next. A started machine stages it, so that no entry in /boot speaks of it before the
 * shutdown and only rpm-ostree can tell; in a tree, the entry with the highest version (libostree: sysroot deploy).
 */
export const readDeployment = (source: Source): DeploymentFacts | null =>
  source.isLive ? readLive(source) : readTree(source);

const readLive = (source: Source): DeploymentFacts | null => {
  const commandLine = source.run('rpm-ostree', ['kargs'])?.trim();
  const origin = parseStatus(source.run('rpm-ostree', ['status', '--json']));
  return commandLine === undefined || commandLine === '' || origin === null ? null : {commandLine, ...origin};
};

type Origin = Omit<DeploymentFacts, 'commandLine'>;

/** The first deployment is the one that starts next. */
const parseStatus = (text: string | null): Origin | null => {
  try {
    const first = field(field(JSON.parse(text ?? 'null'), 'deployments'), '0');
    const files = field(first, 'initramfs-etc');
    if (first === undefined) return null;
    return {
      initramfsFiles: Array.isArray(files) ? files.filter((file) => typeof file === 'string') : [],
      isContainer: typeof field(first, 'container-image-reference') === 'string',
    };
  } catch {
    return null;
  }
};

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;

const readTree = (source: Source): DeploymentFacts | null => {
  const entries = source
    .list('/boot/loader/entries')
    .filter((name) => /^ostree-.*\.conf$/.test(name))
    .map((name) => source.text(`/boot/loader/entries/${name}`) ?? '')
    .sort((one, other) => versionOf(other) - versionOf(one));
  const commandLine = /^options[ \t]+(.*)$/m.exec(entries[0] ?? '')?.[1]?.trim();
  if (commandLine === undefined) return null;
  const link = /(?:^|\s)ostree=(\S+)/.exec(commandLine)?.[1];
  const deployment = link === undefined ? null : source.resolve(link);
  return {commandLine, ...parseOrigin(deployment === null ? '' : (source.text(`${deployment}.origin`) ?? ''))};
};

const versionOf = (entry: string): number => Number(/^version[ \t]+(\d+)/m.exec(entry)?.[1] ?? 0);

/** A key file of GLib: lists end each item with a semicolon. */
const parseOrigin = (text: string): Origin => ({
  initramfsFiles: (/^initramfs-etc=(.*)$/m.exec(text)?.[1] ?? '').split(';').filter((file) => file !== ''),
  isContainer: /^container-image-reference=/m.test(text),
});
