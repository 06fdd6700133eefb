import type {GuestRegistry} from '../../artifacts/ports.ts';

const notAsked = async (): Promise<never> => {
  throw new Error('xl keeps no guests of its own');
};

/** xl reads a guest's file when it starts, and keeps none: the files of /etc/xen are written like any other. */
export const xlRegistry: GuestRegistry = {
  keeps: () => false,
  obstacle: () => null,
  directoryMode: 0o755,
  define: notAsked,
  undefine: notAsked,
  // The number of a running domain; of another one only an error.
  commands: {definition: null, state: (name) => ['xl', 'domid', name]},
  isHalfMade: () => false,
  leftoverOf: () => null,
  hasSettingsOf: null,
  withoutApplied: null,
};
