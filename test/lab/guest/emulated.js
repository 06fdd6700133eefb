/**
 * The definition of a guest, for QEMU's own emulation instead of KVM: in an emulated host only that runs for long. All else
 * is as written.
 */
export const emulated = (xml) =>
  xml
    .replace(/<domain type='kvm'/, "<domain type='qemu'")
    .replace(/<cpu mode='host-passthrough'[^>]*>/, "<cpu mode='maximum' check='none' migratable='off'>");
