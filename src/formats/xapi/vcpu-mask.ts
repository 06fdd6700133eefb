/**
 * `VCPUs-params:mask`: `;` between vCPUs, `,` between the CPUs of one, decimal and without blanks (xen-api: xapi_xenops.ml).
 * One group counts for all vCPUs. `null`: XAPI would not read it, and pins nothing without a word (a range, a blank, a
 * comma at the end).
 */
export const parseMask = (text: string): readonly (readonly number[])[] | null => {
  const groups = text.split(';').map((group) => group.split(','));
  return groups.every((group) => group.every((cpu) => /^\d{1,6}$/.test(cpu)))
    ? groups.map((group) => group.map(Number))
    : null;
};

export const renderMask = (groups: readonly (readonly number[])[]): string =>
  groups.map((group) => group.join(',')).join(';');
