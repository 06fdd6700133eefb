import type {HostFacts} from '../facts/host-facts.ts';
import {readNamedFiles} from '../host/named-files.ts';
import {hypervisorOf} from '../hypervisor/hypervisors.ts';
import type {WrittenProfile} from '../profile/profile.ts';
import type {Source} from '../system/source.ts';

/** The facts with what is known of the files that the guest of this profile names. */
export const lookAt = (source: Source, facts: HostFacts, {guest}: Pick<WrittenProfile, 'guest'>): HostFacts => ({
  ...facts,
  namedFiles: readNamedFiles(source, hypervisorOf(facts).namedPaths(facts, guest)),
});
