import type {PciAddress} from '../../../src/facts/pci-address.ts';
import {randomOf} from '../random.ts';
import {diceOf, emptyMachine, type Machine, plugCard} from './machine.ts';
import {buildNetwork} from './network.ts';
import {buildDisplays, buildKeyboards, buildSerial} from './people.ts';
import {buildStorage} from './storage.ts';

/** A machine put together by dice, and what its host needs by construction. */
export const makeMachine = (seed: number): Machine => {
  const machine = emptyMachine(diceOf(randomOf(seed)));
  buildDisplays(machine);
  const wayOut = buildNetwork(machine);
  buildStorage(machine, wayOut);
  buildKeyboards(machine);
  buildSerial(machine);
  plugCard(machine, [{class: '040100', id: '1102:0012', driver: 'snd_hda_intel'}]);
  return machine;
};

/** Why the host can't lose these functions together; empty when it can. */
export const reasonsAgainst = (machine: Machine, taken: readonly PciAddress[]): readonly string[] => [
  ...taken.flatMap((address) => (machine.needs.get(address) ?? []).map((reason) => `${reason} at ${address}`)),
  ...machine.lastOf
    .filter(({addresses}) => addresses.length > 0 && addresses.every((address) => taken.includes(address)))
    .map(({what}) => `the last ${what}`),
];
