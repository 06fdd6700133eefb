/** vfio-pci or a variant of it: all of them leave the device to the guest. */
export const isVfioDriver = (driver: string | null): boolean => driver?.includes('vfio') === true;
