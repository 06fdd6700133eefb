import {type BootPorts, bootPorts} from '../boot/chains.ts';
import type {DeviceKind} from '../devices/device-kind.ts';
import {deviceKinds} from '../devices/device-kinds.ts';
import type {Hypervisor} from '../hypervisor/hypervisor.ts';
import {hypervisors} from '../hypervisor/hypervisors.ts';

/** The tables that the pipeline asks. A binding comes with its hypervisor. */
export type Ports = BootPorts & {
  readonly deviceKinds: readonly DeviceKind[];
  readonly hypervisors: readonly Hypervisor[];
};

/** What this program serves; tests hand in others. */
export const servedPorts: Ports = {...bootPorts, deviceKinds, hypervisors};
