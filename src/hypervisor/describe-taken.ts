/** Why a guest's file is written: what it takes of the host. */
export const describeTaken = (names: readonly string[]): string =>
  names.length === 0 ? 'the guest takes no device of the host' : `the guest takes ${names.join(', ')}`;
