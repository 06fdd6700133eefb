import type {Abilities} from '../../plan/context.ts';
import {xenAbilities} from '../xen/abilities.ts';

/** The same Xen, with another program that keeps the guests. */
export const xapiAbilities: Abilities = {
  ...xenAbilities,
  starter: 'XAPI',
  // It deletes the record of a device that is pulled out, and the VM's place for it with that.
  replugsUsb: false,
  roms: {below: [], because: 'XAPI takes no ROM file for a device, from no directory', severity: 'blocker'},
  whyNoHooks: 'XAPI runs no command of our own when a VM starts and ends',
};
