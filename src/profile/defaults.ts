import {cpuKeys, guestKeys, hostKeys, memoryKeys} from './keys.ts';
import type {
  Profile,
  ProfileCpu,
  ProfileDevice,
  ProfileGuest,
  ProfileHost,
  ProfileMemory,
  WrittenCpu,
  WrittenMemory,
} from './profile.ts';
import {fallbacksOf} from './sections.ts';

type Defaults = {
  readonly version: 1;
  readonly description: null;
  readonly binding: Profile['binding'];
  readonly cpu: Omit<ProfileCpu, 'vcpus'>;
  readonly memory: Omit<ProfileMemory, 'sizeMiB'>;
  readonly guest: Omit<ProfileGuest, 'name'>;
  readonly host: ProfileHost;
};

/** The default of every key that has one. */
export const profileDefaults = (): Defaults => ({
  version: 1,
  description: null,
  binding: 'auto',
  cpu: fallbacksOf<WrittenCpu, 'vcpus'>(cpuKeys),
  memory: fallbacksOf<WrittenMemory, 'sizeMiB'>(memoryKeys),
  guest: fallbacksOf<ProfileGuest, 'name'>(guestKeys),
  host: fallbacksOf<ProfileHost>(hostKeys),
});

/** What has no default; the rest is filled in. */
export type ProfileEssentials = {
  readonly name: string;
  readonly devices: readonly ProfileDevice[];
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly guestName: string;
};

export const defaultProfile = ({name, devices, vcpus, memoryMiB, guestName}: ProfileEssentials): Profile => {
  const defaults = profileDefaults();
  return {
    ...defaults,
    name,
    devices,
    cpu: {...defaults.cpu, vcpus},
    memory: {...defaults.memory, sizeMiB: memoryMiB},
    guest: {...defaults.guest, name: guestName},
  };
};
