/**
 * The argument of a patch that many gaming kernels carry (zen, CachyOS, Proxmox): it has the kernel count ports as
 * isolating that do not, and so makes small groups. `null` where the running kernel has no such argument.
 */
export const acsOverrideOf = (commandLine: string | null): string | null =>
  commandLine?.split(/\s+/).find((token) => token.startsWith('pcie_acs_override=')) ?? null;

/** The line above a list of groups; `null` where they are what the hardware isolates. */
export const describeAcsOverride = (commandLine: string | null): string | null => {
  const argument = acsOverrideOf(commandLine);
  return argument === null
    ? null
    : `Started with ${argument}: these groups may be smaller than what the hardware keeps apart. Restart without it to see the real ones.`;
};
