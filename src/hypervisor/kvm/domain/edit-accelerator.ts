import {attributeOf, childNamed} from '../../../formats/xml/document.ts';
import type {AttributeWish} from '../../../formats/xml/reconcile.ts';
import type {EditContext} from './edit-context.ts';

/**
 * The type of the domain. One that was made while KVM was off is emulated (`qemu`): libvirt refuses host-passthrough for
 * it (src/qemu/qemu_capabilities.c, virQEMUCapsIsCPUModeSupported), and every instruction would be translated.
 */
export const editAccelerator = ({root, facts, report}: EditContext): Readonly<Record<string, AttributeWish>> => {
  if (attributeOf(root, 'type') !== 'qemu') return {};
  const machine = childNamed(childNamed(root, 'os'), 'type');
  const guest = attributeOf(machine, 'arch');
  const host = facts.cpu.architecture;
  if (guest !== null && host !== null && !runsUnderKvm(guest, host)) {
    report('blocker', 'guest-xml-unusable', {
      element: machine,
      message: `The guest is a machine of the architecture ${guest}, which QEMU emulates on this ${host} host, and the card needs a guest that runs under KVM.`,
      remedy: 'Choose another guest with guest.name, or a new one with guest.domain: new.',
    });
    return {};
  }
  report('note', 'guest-setting-replaced', {
    element: root,
    message:
      "The guest was emulated (type='qemu') and becomes a guest of KVM, which its CPU mode host-passthrough needs.",
    remedy: 'Nothing to do; the guest gets much faster.',
  });
  return {type: 'kvm'};
};

const runsUnderKvm = (guest: string, host: string): boolean =>
  guest === host || (guest === 'i686' && host === 'x86_64') || (guest === 'armv7l' && host === 'aarch64');
