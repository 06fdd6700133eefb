import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {CommandArtifact} from '../artifact.ts';
import {readSnapshotEntries} from '../chains/snapshot-entries.ts';
import {dracut, dracutLister, dracutMembers} from './dracut.ts';
import type {InitramfsBackend} from './initramfs-system.ts';
import {canBind} from './module-files.ts';

const argv: CommandArtifact['argv'] = ['/usr/bin/sdbootutil', 'mkinitrd'];

/**
 * dracut makes the images, and sdbootutil puts them on the EFI partition under the checksum of their content: a new one
 * stands beside the old, which entries of other snapshots go on using. So the entries tell which image is to be looked
 * into, and that it is already in place by then.
 */
const renderMkinitrd = (facts: HostFacts, plan: Plan): CommandArtifact => ({
  kind: 'command',
  argv,
  undo: argv,
  triggers: dracut.triggers,
  timeoutSeconds: 1800,
  images: {argv: dracutLister, entries: readSnapshotEntries(facts).written.flatMap(({path, text}) => promised(facts, plan, path, releaseOf(text ?? '')))},
  why: ['Each kernel of this snapshot reads modules, modprobe.d and the hook from its initramfs, before the root file system is there.'],
});

type Promised = NonNullable<CommandArtifact['images']>['entries'];

const promised = (facts: HostFacts, plan: Plan, path: string, release: string | null): Promised => {
  const contains = release === null || canBind(facts, release) ? dracutMembers(facts, plan, release) : [];
  return contains.length === 0 ? [] : [{path, contains}];
};

/** `/TOKEN/RELEASE/linux-CHECKSUM` */
const releaseOf = (text: string): string | null => /^linux[ \t]+\/\S+?\/(\d+\.\d[^/\s]*)\//m.exec(text)?.[1] ?? null;

/** Whether it is safe to have entries written is judged with the boot loader. */
export const sdbootutilImages: InitramfsBackend = {...dracut, renderImages: (facts, plan) => [renderMkinitrd(facts, plan)], judgeImages: () => []};
