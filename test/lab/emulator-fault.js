/** QEMU without hardware virtualisation now and then crashes, or lets a program crash, that runs on any other machine. */
const faults = /Segmentation fault|Bus error|Illegal instruction|The machine is gone|The emulated machine stalled/;

export const isEmulatorFault = (error) => faults.test(error.stack);
