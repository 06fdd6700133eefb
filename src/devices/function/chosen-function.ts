import type {PciFunction} from '../../facts/pci.ts';

/** A function of the profile, or one that goes along with it. */
export type ChosenFunction = {
  readonly function: PciFunction;
  readonly rom: string | null;
  /** Profile path, for positions in messages. */
  readonly path: string;
};
