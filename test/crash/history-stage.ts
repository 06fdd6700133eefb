import type {HostFacts} from '../../src/host/facts.ts';
import type {Machine} from '../../src/system/machine.ts';
import type {Source} from '../../src/system/source.ts';

/** What the commands find where they would open the real machine. A module of its own: what takes its place must not wait for the commands to be loaded. */
export type Stage = {readonly machine: Machine; readonly source: Source; readonly facts: () => HostFacts};

let stage: Stage | null = null;

export const setStage = (next: Stage | null): void => {
  stage = next;
};

const present = (): Stage => {
  if (stage === null) throw new Error('no host is on the stage');
  return stage;
};
export const stagedMachine = (): Machine => present().machine;
export const stagedSource = (): Source => present().source;
export const stagedFacts = (): HostFacts => present().facts();
