import {addressesOf, identityOf} from '../devices/device-kinds.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {DeviceNames} from '../profile/encode-profile.ts';
import type {WrittenProfile} from '../profile/profile.ts';

/** For the comments of a profile file; a part has the name of the card that it is a part of. */
export const deviceNames = ({pci}: HostFacts, {devices}: WrittenProfile): DeviceNames =>
  Object.fromEntries(
    devices.flatMap((device) => {
      const name = pci.find(({address}) => addressesOf(device).includes(address))?.name ?? null;
      return name === null ? [] : [[identityOf(device), name]];
    }),
  );
