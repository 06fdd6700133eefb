import {handoverState} from '../artifacts/hooks/handover-hook.ts';
import type {Machine} from '../system/machine.ts';
import {refusal} from './refuse.ts';

const handoverHook = /^\/etc\/libvirt\/hooks\/qemu\.d\/vfio-pilot-\d\d-handover-(.+)$/;

/** Without its hook a guest that runs would not give the screen of the host back; `paths` are those that would go. */
export const refuseLent = (machine: Machine, paths: readonly string[]): void => {
  for (const path of paths) {
    const guest = handoverHook.exec(path)?.[1];
    if (guest === undefined || machine.stat(`/run/${handoverState(guest)}`) === null) continue;
    throw refusal('check', `The guest ${guest} has the host's graphics card now, and ${path} gives it back when the guest ends.`, `Nothing was changed. Shut the guest down (virsh shutdown ${guest}), then run this again.`);
  }
};
