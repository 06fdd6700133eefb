import {decode, parseJson, shape, text} from '../decode/decode.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {hypervisorOf} from '../hypervisor/hypervisors.ts';
import type {Source} from '../system/source.ts';
import type {GuestLog} from './host.ts';

const mostLines = 200;
const mostBytes = 64 * 1024;

/** The end of both logs; `null` for one whose place this host's hypervisor does not say. */
export const readGuestLog = (source: Source, facts: HostFacts, guest: string): GuestLog => {
  const logs = hypervisorOf(facts).logsOf(guest);
  if (logs === null) return {hooks: null, guest: null};
  const {journalTag, file} = logs;
  const printed = source.run('journalctl', [
    '--quiet',
    '--no-pager',
    '-o',
    'json',
    '-n',
    String(mostLines),
    '-t',
    journalTag,
  ]);
  return {
    hooks: printed === null ? null : printed.split('\n').flatMap(readEntry),
    guest: readEnd(source, file),
  };
};

type Entry = {readonly __REALTIME_TIMESTAMP: string; readonly MESSAGE: string};

/** systemd.journal-fields(7): microseconds since 1970. Other fields are not asked. */
const readEntry = (line: string): NonNullable<GuestLog['hooks']> => {
  const parsed = parseJson(line);
  if (!parsed.isValid) return [];
  const entry = decode(journalEntry, parsed.value);
  if (!entry.isValid || !/^\d{1,16}$/.test(entry.value.__REALTIME_TIMESTAMP)) return [];
  const time = new Date(Number(entry.value.__REALTIME_TIMESTAMP) / 1000).toISOString();
  return [{time, text: entry.value.MESSAGE}];
};

const journalEntry = shape<Entry>({__REALTIME_TIMESTAMP: text, MESSAGE: text});

const readEnd = (source: Source, path: string): GuestLog['guest'] => {
  const size = source.stat(path)?.size ?? null;
  const end = size === null ? null : source.part(path, Math.max(0, size - mostBytes), mostBytes);
  if (end === null) return null;
  const lines = end.toString('utf8').split('\n').slice(0, -1);
  return {path, lines: lines.slice(-mostLines)};
};
