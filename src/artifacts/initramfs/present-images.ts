import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {copiesImages} from '../../served-systems.ts';
import type {CommandArtifact, GeneratedArtifact} from '../artifact.ts';
import {initramfsBackend} from './systems.ts';

/**
 * What makes the image of each kernel that is installed now, and what must be told of it; nothing where the plan needs no
 * image, or where each boot entry of ours has an image of its own.
 */
export const renderPresentImages = (facts: HostFacts, plan: Plan): readonly (GeneratedArtifact | CommandArtifact)[] => {
  const {byAddress, initramfsModules} = plan.binding;
  if (byAddress.length + initramfsModules.length === 0 || copiesImages(facts.boot)) return [];
  return (initramfsBackend(facts, plan.initramfs)?.renderImages(facts, plan) ?? []).filter((artifact) => artifact.kind === 'generated' || artifact.kind === 'command');
};
