import type {Abilities} from '../../plan/context.ts';

/** What xl can say of a guest. Xen backs memory with large pages by itself, and has neither I/O threads nor groups. */
export const xenAbilities: Abilities = {
  starter: 'xl',
  keeper: 'pciback',
  groups: false,
  hugepages: false,
  cells: false,
  memoryFollowsPins: true,
  takesPages: true,
  ioThreads: false,
  emulatorPins: false,
  vcpuPins: true,
  // xl.cfg has no ROM file of a single device.
  roms: {below: [], because: 'xl takes no ROM file for a device, from no directory', severity: 'blocker'},
  namesUsbPorts: true,
  replugsUsb: true,
  makesMediated: true,
  poolsFunctions: false,
  whyNoIsolation:
    'dom0 is a guest of Xen itself, and its kernel knows none of the machine’s CPUs; arguments of Xen keep it off them',
  whyNoHooks: 'xl runs no command of our own when a guest starts and ends',
  whyNoVariants: 'under Xen pciback keeps the device',
  variantsLost: null,
};
