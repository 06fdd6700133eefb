/** Every finding code that the program can emit, grouped by the folder that emits it. */
export type FindingCode = HostFindingCode | ProfileFindingCode | PlanFindingCode | ArtifactFindingCode;

/** From src/host: what could not be read, or made no sense. */
export type HostFindingCode =
  | 'host-file-unreadable'
  | 'host-file-malformed'
  | 'host-needs-root'
  | 'boot-loader-ambiguous'
  | 'boot-loader-unknown'
  | 'initramfs-ambiguous'
  | 'initramfs-unknown';

/** From src/profile: the YAML file itself. */
export type ProfileFindingCode =
  | 'profile-syntax'
  | 'profile-unknown-key'
  | 'profile-missing-key'
  | 'profile-wrong-type'
  | 'profile-bad-value'
  | 'profile-duplicate-key'
  | 'profile-too-large';

/** From src/plan: decisions that cannot be made, or that cost something. */
export type PlanFindingCode =
  | 'device-missing'
  | 'device-mismatch'
  | 'device-moved'
  | 'device-is-bridge'
  | 'device-needed-by-host'
  | 'device-drives-console'
  | 'device-twin'
  | 'device-no-reset'
  | 'device-reserved-region'
  | 'device-no-iommu-group'
  | 'iommu-off'
  | 'iommu-group-shared'
  | 'interrupt-remapping-missing'
  | 'unsafe-interrupts-allowed'
  | 'secure-boot'
  | 'only-gpu'
  | 'integrated-gpu'
  | 'driver-built-in'
  | 'binding-ids-ambiguous'
  | 'kernel-argument-conflict'
  | 'boot-chain-unproven'
  | 'boot-chain-unsupported'
  | 'boot-default-foreign'
  | 'initramfs-unsupported'
  | 'cpu-too-few-cores'
  | 'cpu-pin-invalid'
  | 'cpu-pin-splits-core'
  | 'cpu-pin-off-node'
  | 'cpu-pin-mixes-kinds'
  | 'cpu-no-host-cores'
  | 'cpu-node-unknown'
  | 'cpu-virtualisation-missing'
  | 'cpu-isolation-unavailable'
  | 'cpu-isolation-boot'
  | 'memory-too-large'
  | 'memory-not-multiple'
  | 'memory-host-reserve'
  | 'memory-pages-unsupported'
  | 'memory-node-unknown'
  | 'memory-release-unit'
  | 'guest-exists'
  | 'guest-missing'
  | 'guest-running'
  | 'guest-xml-unusable'
  | 'guest-emulator-off-node'
  | 'guest-disk-needed'
  | 'guest-firmware-missing'
  | 'guest-network-inactive'
  | 'guest-tpm-missing'
  | 'guest-option-unsupported'
  | 'guest-rom-invalid'
  | 'libvirt-missing';

/** From src/artifacts and src/changes: files that cannot be edited safely. */
export type ArtifactFindingCode =
  | 'command-line-not-editable'
  | 'grub-not-editable'
  | 'grub-overridden'
  | 'grub-file-missing'
  | 'file-unreadable'
  | 'file-not-regular'
  | 'file-foreign'
  | 'guest-hostdev-foreign'
  | 'guest-setting-replaced'
  | 'modprobe-conflict'
  | 'trial-impossible'
  | 'trial-no-watchdog'
  | 'trial-watchdog';
