import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {InitramfsBackend} from '../initramfs/initramfs-system.ts';
import {initramfsBackend} from '../initramfs/systems.ts';
import {renderModprobe} from '../modprobe.ts';

/** How an image is made, and the texts of our files that it has to hold. */
export type ImageNeed = {readonly backend: InitramfsBackend; readonly texts: readonly string[]};

/** What is in the image besides what was there before; `null` when that is nothing. */
export const imageNeed = (facts: HostFacts, plan: Plan): ImageNeed | null => {
  const backend = initramfsBackend(facts, plan.initramfs);
  // Where no file of ours changes the image, the one that is there will do.
  if (backend === null || backend.triggers.length === 0) return null;
  const files = backend.renderFiles(facts, plan).artifacts.flatMap((artifact) => (artifact.kind === 'file' ? [artifact.text] : []));
  const texts = [renderModprobe(plan), ...files].filter((text) => text !== '');
  return texts.length === 0 ? null : {backend, texts};
};

