import type {Binding} from '../../binding/binding.ts';
import {pciback} from '../../binding/pciback/pciback.ts';

/** xen-pciback as everywhere under Xen; but XAPI takes a device from any driver by itself when the VM starts. */
export const xapiBinding: Binding = {
  ...pciback,
  chooseBy: (context, chosen) => {
    if (context.profile.binding !== 'libvirt') return pciback.chooseBy(context, chosen);
    context.decide(
      'binding',
      'when the VM starts',
      'you asked for it: nothing is hidden at boot, and XAPI takes the device from dom0’s driver when the VM starts',
    );
    return 'libvirt';
  },
};
