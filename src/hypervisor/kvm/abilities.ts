import {libvirtOf} from '../../facts/virtualisation.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {isAtLeast} from '../../facts/versions.ts';
import type {Abilities} from '../../plan/context.ts';

/** QEMU under KVM can all of it; what depends on the version is libvirt's part. */
export const kvmAbilities = (facts: HostFacts): Abilities => ({
  starter: 'libvirt',
  keeper: 'vfio-pci',
  groups: true,
  hugepages: true,
  cells: true,
  memoryFollowsPins: false,
  takesPages: false,
  ioThreads: true,
  emulatorPins: true,
  vcpuPins: true,
  // The default AppArmor profile of libvirt (abstractions/libvirt-qemu).
  roms: {
    below: ['/usr/share/vgabios/', '/usr/share/qemu/', '/usr/share/kvm/'],
    because: 'AppArmor lets it read ROM files only below',
    severity: 'warning',
  },
  namesUsbPorts: false,
  replugsUsb: true,
  makesMediated: false,
  poolsFunctions: true,
  whyNoIsolation: null,
  whyNoHooks: whyNoHooks(facts),
  whyNoVariants: whyNoVariants(facts),
  variantsLost: null,
});

/** libvirt runs the files in qemu.d since 6.5.0 (libvirt.org/hooks.html). */
const whyNoHooks = (facts: HostFacts): string | null => {
  const {version} = libvirtOf(facts);
  if (facts.boot.support.isDeclarative)
    return 'this system is made from a configuration, which has the hooks of libvirt and all programs in places of its own';
  if (isAtLeast(version, '6.5.0')) return null;
  return version === null
    ? 'the version of libvirt is unknown'
    : `libvirt ${version} runs no hooks in qemu.d (since 6.5.0)`;
};

/** libvirt chooses the best match of modules.alias since 10.0.0 (libvirt news). */
const whyNoVariants = (facts: HostFacts): string | null => {
  const {version} = libvirtOf(facts);
  return isAtLeast(version, '10.0.0')
    ? null
    : `libvirt looks for variants since 10.0.0${version === null ? '' : `, and this is ${version}`}`;
};
