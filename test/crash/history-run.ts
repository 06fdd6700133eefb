import type {HostFacts} from '../../src/facts/host-facts.ts';
import {failingMachine} from '../support/failing-machine.ts';
import {interceptMachine} from '../support/intercept-machine.ts';
import type {Machine} from '../../src/system/machine.ts';
import {randomOf} from '../support/random.ts';
import {runVerb, type Said, type Verb} from './history-commands.ts';
import {boot, factsOf, installKernel, type ModelHost, sourceOf} from './history-host.ts';
import {withPrograms} from './history-programs.ts';
import type {Hit} from './history-steps.ts';
import type {ModelDisk} from './model-disk.ts';

/** What may be broken on purpose, to see that it is noticed. */
export type Breakage = {
  readonly wrap?: (machine: Machine) => Machine;
  readonly readFacts?: (host: ModelHost) => HostFacts;
};

/** `writes`: without what only puts on the disk what is there. */
export type Run = {readonly said: Said; readonly host: ModelHost; readonly mutations: number; readonly writes: number};

export const runOn = async (
  host: ModelHost,
  verb: Verb,
  profile: string,
  {wrap = (machine) => machine, readFacts = factsOf}: Breakage,
  watch: (machine: Machine) => Machine = (machine) => machine,
): Promise<Run> => {
  let [mutations, writes] = [0, 0];
  const counted = interceptMachine(withPrograms(host.disk.machine), {
    onRead: () => undefined,
    onMutation: ({name}) => ((mutations += 1), (writes += name === 'syncDirectory' ? 0 : 1), null),
  });
  const said = await runVerb(verb, profile, {
    machine: wrap(watch(counted)),
    source: sourceOf(host),
    facts: () => readFacts(host),
  });
  return {said, host, mutations, writes};
};

/** Runs it with something that happens at that call; a power cut and what follows it end in the next boot. */
export const runHit = async (
  host: ModelHost,
  verb: Verb,
  profile: string,
  breakage: Breakage,
  hit: Hit,
  {mutations, writes}: Pick<Run, 'mutations' | 'writes'>,
  edit: (disk: ModelDisk, random: () => number) => void,
): Promise<Run> => {
  const failAt = 1 + Math.floor(hit.at * (hit.by === 'edit' ? writes : mutations));
  const random = randomOf(hit.seed);
  if (hit.by === 'kill')
    return runOn(host, verb, profile, breakage, (machine) => failingMachine(machine, {failAt, crash: true}));
  let count = 0;
  let left: ModelDisk | null = null;
  const gone = (): never => {
    throw Object.assign(new Error('the power is gone'), {code: 'CRASH'});
  };
  const run = await runOn(host, verb, profile, breakage, (machine) =>
    interceptMachine(machine, {
      onRead: () => {
        if (left !== null) gone();
      },
      onMutation: ({name}) => {
        if (left !== null) gone();
        // An edit before the first write is one before the plan is made, and no edit during the run.
        if (hit.by === 'edit' && name === 'syncDirectory') return null;
        count += 1;
        if (count !== failAt) return null;
        if (hit.by === 'edit') edit(host.disk, random);
        else {
          left = host.disk.cut(random);
          gone();
        }
        return null;
      },
    }),
  );
  return {...run, host: left === null ? host : {...host, disk: left}};
};

/** /run is empty after a boot. */
export const rebootHost = ({disk, boots}: ModelHost, trial: 'good' | 'bad'): ModelHost => {
  for (const name of disk.machine.list('/run')) disk.machine.unlink(`/run/${name}`);
  return {disk, boots: boots + 1, commandLine: boot(disk.machine, trial).commandLine};
};

export const addKernel = (host: ModelHost): void => {
  const count = host.disk.machine.list('/boot').filter((name) => name.startsWith('vmlinuz-')).length;
  installKernel(host.disk, `6.1.0-${count + 1}-amd64`);
};
