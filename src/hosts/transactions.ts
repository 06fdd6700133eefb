import type {Ports} from '../artifacts/ports.ts';
import {bootProbes} from '../boot/probes/probes.ts';
import {libvirtRegistry, whyLent} from '../hypervisor/kvm/registry.ts';
import {qmRegistry} from '../hypervisor/proxmox/registry.ts';
import {orderValidator} from '../image/script-order.ts';
import {applyWith} from '../transaction/apply.ts';
import {recoverWith} from '../transaction/recover.ts';
import {inspectRollbackWith, rollbackWith} from '../transaction/rollback.ts';

/** What the transaction is handed of boot loaders, images and hypervisors. */
const ports: Ports = {
  probes: bootProbes,
  validators: {order: orderValidator},
  registries: [qmRegistry, libvirtRegistry],
  whyInUse: whyLent,
};

export const applyChanges = applyWith(ports);
export const inspectRollback = inspectRollbackWith(ports);
export const recover = recoverWith(ports);
export const rollback = rollbackWith(ports);
