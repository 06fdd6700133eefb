import type {HostFacts} from '../../facts/host-facts.ts';
import {valuesOf} from '../../formats/kernel-line/tokens.ts';

/** Values of a kernel argument, of this boot and of the next one. */
export const configuredArguments = (facts: HostFacts, key: string): readonly string[] => [
  ...new Set([...runningArguments(facts, key), ...lastingArguments(facts, key)]),
];

export const runningArguments = ({boot}: HostFacts, key: string): readonly string[] =>
  valuesOf([boot.commandLine ?? ''], key);

/**
 * What the next boot has. What is only on the running command line may have been typed for this one boot, so that line
 * is asked only where nothing else says it.
 */
export const lastingArguments = (facts: HostFacts, key: string): readonly string[] =>
  facts.boot.next === null ? runningArguments(facts, key) : valuesOf(facts.boot.next, key);
