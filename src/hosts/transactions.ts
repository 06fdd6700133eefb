import type {Ports} from '../artifacts/ports.ts';
import {bootProbes} from '../boot/probes/probes.ts';
import {deviceKinds} from '../devices/device-kinds.ts';
import {hypervisors} from '../hypervisor/hypervisors.ts';
import {orderValidator} from '../image/script-order.ts';
import {applyWith} from '../transaction/apply.ts';
import {readEditsWith} from '../transaction/edits.ts';
import {inspectRollbackWith, rollbackWith} from '../transaction/rollback.ts';

/** What the transaction is handed of boot loaders, images, hypervisors and kinds of devices. */
export const ports: Ports = {
  probes: Object.fromEntries(
    [bootProbes, ...deviceKinds.map(({probes}) => probes)].flatMap((table) => Object.entries(table)),
  ),
  validators: {order: orderValidator},
  registries: hypervisors.flatMap(({registry, moreRegistries}) => [registry, ...moreRegistries]),
  whyInUse: (machine, paths, changed) =>
    [...hypervisors, ...deviceKinds]
      .map(({whyInUse}) => whyInUse(machine, paths, changed))
      .find((use) => use !== null) ?? null,
};

export const applyChanges = applyWith(ports);
export const inspectRollback = inspectRollbackWith(ports);
export const rollback = rollbackWith(ports);
export const readEdits = readEditsWith(ports);
