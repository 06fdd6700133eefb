/** `2026-11-29T08:10:00.000Z` as a person writes it. */
export const describeTime = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
