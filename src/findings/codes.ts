/**
 * Where the wizard asks for what a finding is about. `field`: the id of the field, or the beginning of the ids of
 * several fields of which the finding's subject names one; `null` where the step is no form.
 */
export type Place = {
  readonly step: 'device' | 'risks' | 'cpu' | 'memory' | 'guest' | 'review';
  readonly field: string | null;
};

const device: Place = {step: 'device', field: null};
const binding: Place = {step: 'risks', field: 'binding'};
const interrupts: Place = {step: 'risks', field: 'host.allowUnsafeInterrupts'};
const mates: Place = {step: 'risks', field: 'host.acceptGroupMates'};
const losses: Place = {step: 'risks', field: 'host.acceptLossOf'};
const cpu = (field: string): Place => ({step: 'cpu', field});
const memory = (field: string): Place => ({step: 'memory', field});
const guest = (field: string): Place => ({step: 'guest', field});
/** Nothing that the wizard asks for: the host has to change, or nothing has to. */
const review: Place = {step: 'review', field: null};

/** From src/host: what could not be read, or made no sense. */
const hostCodes = {
  'host-file-unreadable': review,
  'host-file-malformed': review,
  'host-needs-root': review,
  'boot-loader-ambiguous': review,
  'boot-loader-unknown': review,
  'initramfs-ambiguous': binding,
  'initramfs-unknown': binding,
  'guest-claims-unrecorded': review,
} satisfies Readonly<Record<string, Place>>;

/** From src/profile: the YAML file itself. */
const profileCodes = {
  'profile-syntax': review,
  'profile-unknown-key': review,
  'profile-missing-key': review,
  'profile-wrong-type': review,
  'profile-bad-value': review,
  'profile-duplicate-key': review,
  'import-left-out': review,
  'profile-too-large': review,
} satisfies Readonly<Record<string, Place>>;

/** From src/plan: decisions that cannot be made, or that cost something. */
const planCodes = {
  'device-missing': device,
  'selector-no-match': device,
  'selector-ambiguous': device,
  'selector-twice': device,
  'share-impossible': cpu('cpu.vcpus'),
  'device-mismatch': device,
  'device-moved': device,
  'device-is-bridge': device,
  'device-needed-by-host': losses,
  'device-drives-console': losses,
  'device-twin': device,
  'device-part-left': device,
  'device-fabric-missing': device,
  'device-behind-vmd': device,
  'device-shared-with-guest': device,
  'device-no-reset': device,
  'device-reserved-region': device,
  'device-no-iommu-group': device,
  'device-framebuffer': device,
  'device-reset-fragile': device,
  'device-shared-in-parts': device,
  'device-is-virtual': device,
  'vf-unsupported': device,
  'vf-parent-taken': device,
  'vf-pf-has-no-driver': device,
  'vf-driver-unfit': device,
  'vf-managed-by-vendor': device,
  'gim-not-served': device,
  'vf-count-too-small': device,
  'vf-count-owned-elsewhere': device,
  'vf-in-use': device,
  'vf-address-unknown': device,
  'vf-group-shared': device,
  'vf-not-a-network-card': device,
  'vf-pf-carries-host-route': device,
  'vf-unit-by-hand': device,
  'vf-intel-windows': device,
  'mdev-parent-missing': device,
  'mdev-parent-is-bound': device,
  'mdev-parent-is-virtual': device,
  'mdev-type-unknown': device,
  'mdev-none-in-range': device,
  'mdev-full': device,
  'mdev-other-size-active': device,
  'mdev-not-a-pci-device': device,
  'mdev-autostart-broken': device,
  'mdev-uuid-taken': device,
  'mdev-unit-by-hand': device,
  'mdev-display-impossible': device,
  'vgpu-altered-driver': device,
  'vgpu-type-unknown': device,
  'vgpu-type-unseen': device,
  'vgpu-mig': device,
  'usb-absent': device,
  'usb-ambiguous': device,
  'usb-controller-taken': device,
  'usb-needed-by-host': device,
  'usb-only-when-plugged': device,
  'device-held-by-driver': device,
  'device-other-hand': binding,
  'xen-unserved': review,
  'architecture-unserved': review,
  'proxmox-no-quorum': review,
  'proxmox-card-at-boot': review,
  'proxmox-pages-lost': review,
  'proxmox-twin-taken': binding,
  'proxmox-snippets-missing': guest('guest.hookscript'),
  'proxmox-mapping-missing': guest('guest.mapping'),
  'proxmox-mapping-wrong': guest('guest.mapping'),
  'iommu-off': device,
  'iommu-group-shared': mates,
  'iommu-groups-overridden': device,
  'interrupt-remapping-missing': interrupts,
  'unsafe-interrupts-allowed': interrupts,
  'secure-boot': review,
  'only-gpu': losses,
  'handover-screen': binding,
  'handover-needless': binding,
  'handover-impossible': binding,
  'integrated-gpu': device,
  'driver-built-in': review,
  'vfio-module-missing': binding,
  'vfio-variant-unused': review,
  'module-parameter-missing': review,
  'binding-ids-ambiguous': binding,
  'kernel-argument-conflict': review,
  'kernel-argument-guarded': review,
  'kernel-line-too-long': review,
  'boot-chain-unproven': review,
  'boot-chain-unsupported': binding,
  'boot-default-foreign': review,
  'boot-entry-overwritten': review,
  'initramfs-unsupported': binding,
  'cpu-too-few-cores': cpu('cpu.vcpus'),
  'cpu-pin-invalid': cpu('cpu.pins'),
  'cpu-pin-splits-core': cpu('cpu.pins'),
  'card-off-node': cpu('cpu.node'),
  'cpu-pin-off-node': cpu('cpu.pins'),
  'cpu-pin-mixes-kinds': cpu('cpu.pins'),
  'cpu-pin-spans-caches': cpu('cpu.pins'),
  'cpu-pin-slow-cores': cpu('cpu.pins'),
  'cpu-no-host-cores': cpu('cpu.vcpus'),
  'cpu-node-unknown': cpu('cpu.node'),
  'cpu-virtualisation-missing': review,
  'cpu-isolation-unavailable': cpu('cpu.isolation'),
  'cpu-shared-with-guest': cpu('cpu.pins'),
  'cpu-isolation-boot': cpu('cpu.isolation'),
  'memory-too-large': memory('memory.sizeMiB'),
  'memory-not-multiple': memory('memory.sizeMiB'),
  'memory-host-reserve': memory('memory.hostReserveMiB'),
  'memory-pages-unsupported': memory('memory.hugepages'),
  'memory-node-unknown': memory('memory.node'),
  'memory-release-unit': memory('memory.allocation'),
  'memory-allocation-start': memory('memory.allocation'),
  'memory-allocation-unavailable': memory('memory.allocation'),
  'guest-ambiguous': guest('guest.domain'),
  'guest-elsewhere': guest('guest.domain'),
  'guest-exists': guest('guest.domain'),
  'guest-snapshots': guest('guest.domain'),
  'guest-highly-available': guest('guest.domain'),
  'guest-locked': guest('guest.domain'),
  'guest-missing': guest('guest.domain'),
  'guest-running': guest('guest.domain'),
  'guest-autostart': guest('guest.domain'),
  'guest-xml-unusable': guest('guest.domain'),
  'guest-emulator-off-node': guest('guest.domain'),
  'guest-disk-needed': guest('guest.disk'),
  'guest-disk-in-use': guest('guest.disk'),
  'guest-disk-is-device': guest('guest.disk'),
  'guest-firmware-missing': guest('guest.firmware'),
  'guest-network-inactive': guest('guest.network'),
  'guest-tpm-missing': guest('guest.tpm'),
  'guest-option-unsupported': guest('guest.domain'),
  'guest-rom-invalid': device,
  'libvirt-missing': guest('guest.domain'),
} satisfies Readonly<Record<string, Place>>;

/** From src/artifacts and src/changes: files that cannot be edited safely. */
const artifactCodes = {
  'boot-entry-alone': review,
  'command-line-not-editable': review,
  'driver-loaded-early': binding,
  'grub-not-editable': review,
  'grub-overridden': review,
  'grub-file-missing': review,
  'file-unreadable': review,
  'file-not-regular': review,
  'file-foreign': review,
  'image-changed-locally': review,
  'guest-hostdev-foreign': guest('guest.domain'),
  'guest-hostdev-needed': guest('guest.domain'),
  'guest-hostdev-missing': guest('guest.domain'),
  'guest-setting-replaced': guest('guest.domain'),
  'guest-memory-limit': guest('guest.domain'),
  'guest-address-width': guest('guest.domain'),
  'modprobe-conflict': review,
  'nixos-rebuild-needed': review,
  'trial-impossible': review,
  'trial-no-watchdog': review,
  'trial-watchdog': review,
} satisfies Readonly<Record<string, Place>>;

/** Every finding code that the program can report, by the folder that reports it, with the place to decide about it. */
const codes = {...hostCodes, ...profileCodes, ...planCodes, ...artifactCodes};

export type ProfileFindingCode = keyof typeof profileCodes;
export type FindingCode = keyof typeof codes;

export const placeOf = (code: FindingCode): Place => codes[code];
