import type {EntryFacts} from '../../facts/boot.ts';
import type {FileTable} from '../../facts/file-table.ts';
import {looksAt} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Source} from '../../system/source.ts';
import {readLoaderVariable} from '../efi-variables.ts';
import {readUnifiedImages} from '../uki/unified-images.ts';

/** What systemd-boot and programs like it keep in EFI variables, and next to their entries (systemd: systemd-boot(7)). */
export const readEntryFacts = (source: Source): EntryFacts => ({
  kind: 'entries',
  choice: {
    loader: readLoaderVariable(source, 'LoaderInfo'),
    selected: readLoaderVariable(source, 'LoaderEntrySelected'),
    preferred: readLoaderVariable(source, 'LoaderEntryPreferred'),
    default: readLoaderVariable(source, 'LoaderEntryDefault'),
    lastBooted: readLoaderVariable(source, 'LoaderEntryLastBooted'),
    hasBootctl: source.exists('/usr/bin/bootctl'),
  },
  unifiedImages: readUnifiedImages(source),
});

export const entryFactsFiles: FileTable = [
  // They may hold the machine id, in an encoding that the scrubber does not read.
  looksAt(
    '/sys/firmware/efi/efivars',
    'LoaderEntrySelected-* LoaderEntryPreferred-* LoaderEntryDefault-* LoaderEntryLastBooted-*',
    'presence',
  ),
  looksAt('/usr/bin', 'bootctl', 'presence'),
];

export const entryFactsOf = ({boot: {own}}: HostFacts): EntryFacts | null => (own?.kind === 'entries' ? own : null);
