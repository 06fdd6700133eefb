import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {editCommandLine} from '../command-line/edit-command-line.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {systemEntries} from './boot-entry.ts';

export type LateEntry = {readonly path: string; readonly release: string};

/** What kernel-install has written from /etc/kernel/cmdline while our arguments stood there: a rollback leaves it as it is. */
export const lateEntries = (facts: HostFacts, plan: Plan): readonly LateEntry[] => {
  const edit = editOfPlan(plan);
  if (facts.boot.loader !== 'systemd-boot' || edit.add.length === 0) return [];
  return systemEntries(facts).flatMap(({file, options, release, isManaged}) => {
    const edited = editCommandLine(options, edit);
    return isManaged && release !== null && edited.ok && edited.text === options ? [{path: file.path, release}] : [];
  });
};
