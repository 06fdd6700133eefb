import type {Source} from '../system/source.ts';
import {type Capture, type CapturedEntry, type Collected, collectEntries} from './collect-entries.ts';
import {makeScrubber, type Scrubber, scrubContent} from './scrub.ts';

/** All files that facts are read from, without serial numbers, MAC addresses, UUIDs, passwords and the host's name. */
export const captureFiles = (source: Source): Capture => {
  const entries = scrubEntries(collectEntries(source), scrubberOf(source));
  return {entries, unreadable: [...source.denied].sort()};
};

export const scrubEntries = (collected: readonly Collected[], scrubber: Scrubber): readonly CapturedEntry[] =>
  collected.map((one) => scrubEntry(one, scrubber));

/** For texts about this host, which then name it no more than its capture does. */
export const scrubberOf = (source: Source): Scrubber =>
  makeScrubber(source.text('/proc/sys/kernel/hostname') ?? source.text('/etc/hostname'));

const scrubEntry = ({entry, kind}: Collected, scrubber: Scrubber): CapturedEntry => {
  const path = scrubPath(entry.path, scrubber);
  if (entry.type === 'directory') return {...entry, path};
  if (entry.type === 'link') return {...entry, path, target: scrubTarget(entry, scrubber)};
  return {...entry, path, bytes: scrubContent(entry.bytes, entry.path, kind, scrubber)};
};

/** What a link of /etc leads to is named by people too, also where its target begins next to it. */
const scrubTarget = ({path, target}: {readonly path: string; readonly target: string}, scrubber: Scrubber): string =>
  path.startsWith('/etc/') ? scrubber.names(target) : scrubPath(target, scrubber);

/** sysfs and the module tree hold the kernel's names only. */
const scrubPath = (path: string, scrubber: Scrubber): string =>
  /^\/(?:etc|dev|run|boot)\//.test(path) ? scrubber.names(path) : scrubber.values(path);
