import type {Effect} from '../artifacts/artifact.ts';
import type {Ports, Probe} from '../artifacts/ports.ts';
import {ownValue} from '../decode/own-value.ts';

/** Throws of a kind that this program has no code for: a later version may have written the journal. */
export const probeFor = ({probes}: Ports, {kind}: Effect): Probe => {
  const probe = ownValue(probes, kind);
  if (probe === undefined)
    throw new Error(`The journal asks for ${JSON.stringify(kind)}, which this version cannot read back.`);
  return probe;
};
