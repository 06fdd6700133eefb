import {integer, parseJson, type Check, decode, shape, text} from '../../decode/decode.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {GuestClaim, GuestFacts} from '../../facts/guest-claims.ts';
import type {Source} from '../../system/source.ts';
import {guestRecordFile, journalFile, journalRoot, stateDirectory} from '../../system/state-directory.ts';
import type {Note} from '../reader.ts';
import {decodeGuestRecord} from './guest-record.ts';
import {readPrintedClaims} from './printed-claims.ts';

/** What the applied runs of this program have recorded, and where that is not all, what their files say. */
export const readGuests = (source: Source, note: Note, files: Readonly<Record<string, FileFacts>>): GuestFacts => {
  const runs = readApplied(source);
  const isHidden = source.denied.has(journalRoot) || source.denied.has(stateDirectory);
  const claims = new Map<string, GuestClaim>();
  const unrecorded: string[] = [];
  for (const id of runs) {
    const json = source.text(guestRecordFile(id));
    const record = json === null ? null : decodeGuestRecord(json);
    if (record?.isValid !== true) unrecorded.push(id);
    else if (record.value.claim !== null) claims.set(record.value.claim.guest, record.value.claim);
  }
  for (const id of unrecorded) note(withoutRecord(id));
  return {
    recorded: [...claims.values()],
    printed: unrecorded.length > 0 || isHidden ? readPrintedClaims(files) : null,
  };
};

/** Ids of the applied runs, oldest first. */
const readApplied = (source: Source): readonly string[] =>
  source
    .list(journalRoot)
    .flatMap((id) => {
      const json = source.text(journalFile(id));
      const parsed = json === null ? null : parseJson(json);
      const head = parsed?.isValid === true ? decode(journalHead, parsed.value) : null;
      return head?.isValid === true && head.value.state === 'COMMITTED' ? [{id, sequence: head.value.sequence}] : [];
    })
    .sort((one, other) => one.sequence - other.sequence)
    .map(({id}) => id);

type JournalHead = {readonly state: string; readonly sequence: number};
const journalHead: Check<JournalHead> = shape<JournalHead>({state: text, sequence: integer});

const withoutRecord = (id: string) =>
  ({
    code: 'guest-claims-unrecorded',
    severity: 'note',
    subject: guestRecordFile(id),
    message: `Run ${id} has no usable record of what its guest takes from the host, so that was read from the files it wrote.`,
    remedy: 'To have one, roll that run back and apply its profile again. Otherwise there is nothing to do.',
  }) as const;
