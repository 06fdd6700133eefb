/** What of the kernel confines the programs of the host, QEMU among them. */
export type ConfinementFacts = {
  /** AppArmor is on in the kernel that runs. */
  readonly hasAppArmor: boolean;
  /** `null`: SELinux is off, or this kernel has none. */
  readonly seLinux: 'enforcing' | 'permissive' | null;
};
