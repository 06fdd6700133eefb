import type {Source} from '../../system/source.ts';

/** Version of an installed Debian or Arch package without epoch, repacking mark and revision, `7.2`; `null` when not installed or unknown. */
export const readPackageVersion = (source: Source, names: readonly string[]): string | null => {
  const debian = readDebianVersions(source.text('/var/lib/dpkg/status') ?? '', names);
  const version = debian ?? readArchVersion(source, names);
  return /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(version ?? '')?.[1] ?? null;
};

export const isInstalled = (source: Source, name: string): boolean => readPackageVersion(source, [name]) !== null;

/** Diverted path → package that diverted it. The database has three lines for each: from, to, package. */
export const readDiversions = (source: Source): ReadonlyMap<string, string> => {
  const lines = (source.text('/var/lib/dpkg/diversions') ?? '').split('\n');
  const diversions = new Map<string, string>();
  for (let index = 0; index + 2 < lines.length; index += 3) diversions.set(lines[index] ?? '', lines[index + 2] ?? '');
  return diversions;
};

const readDebianVersions = (status: string, names: readonly string[]): string | null => {
  for (const name of names) {
    const stanza = findStanza(status, name);
    if (stanza === null || !/^Status: .* installed$/m.test(stanza)) continue;
    const version = /^Version: (\S+)$/m.exec(stanza)?.[1];
    if (version !== undefined) return version;
  }
  return null;
};

/** By search instead of a split: the file has megabytes. */
export const findStanza = (status: string, name: string): string | null => {
  const head = `Package: ${name}\n`;
  const start = status.startsWith(head) ? 0 : status.indexOf(`\n${head}`) + 1;
  if (start === 0 && !status.startsWith(head)) return null;
  const end = status.indexOf('\n\n', start);
  return status.slice(start, end === -1 ? undefined : end);
};

/** `/var/lib/pacman/local/libvirt-1:10.0.0-1`: name, version with epoch, release. */
const readArchVersion = (source: Source, names: readonly string[]): string | null => {
  const parsed = source.list('/var/lib/pacman/local').map((entry) => /^(.+)-([^-]+)-[^-]+$/.exec(entry));
  for (const name of names) {
    const version = parsed.find((match) => match?.[1] === name)?.[2];
    if (version !== undefined) return version;
  }
  return null;
};
