import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {systemEntries} from './boot-entry.ts';
import {imageNeed} from './image-need.ts';
import {lateEntries} from './late-entries.ts';
import {unifiedSources} from './unified-sources.ts';

/**
 * Images beside which ours lie, and which hold what was applied as soon as the system makes them anew: its programs read
 * the same files. Without those that kernel-install writes anew together with their entries.
 */
export const systemImages = (facts: HostFacts, plan: Plan): readonly string[] => {
  const need = imageNeed(facts, plan);
  if (facts.boot.loader === 'uki') return need === null && editOfPlan(plan).add.length === 0 ? [] : unifiedSources(facts, plan.initramfs).map(({path}) => path);
  if (facts.boot.loader !== 'systemd-boot' || need === null) return [];
  const late = new Set(lateEntries(facts, plan).map(({path}) => path));
  return [...new Set(systemEntries(facts).filter(({file}) => !late.has(file.path)).flatMap(({root, initrds}) => initrds.map((path) => `${root}${path}`)))];
};
