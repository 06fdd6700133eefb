import type {Named} from '../devices/device-kind.ts';
import {deviceKinds, identityOf} from '../devices/device-kinds.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {ProfileDevice} from '../profile/profile.ts';

/** What the words mean on this host; `null` where they are no name of a device. */
export const understandDevice = (facts: HostFacts, words: string): Named | null =>
  deviceKinds.map((kind) => kind.understand(facts, words)).find((one) => one !== null) ?? null;

/** Only the named one: a plan adds what belongs to the same card, and says why. */
export const proposeDevice = (facts: HostFacts, identity: string): readonly ProfileDevice[] =>
  deviceKinds.flatMap((kind) => kind.propose(facts, [identity])).filter((device) => identityOf(device) === identity);
