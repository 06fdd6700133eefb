import type {GrabToggle} from '../../profile/grab-toggle.ts';

/** As a person calls them, for sentences. */
export const toggleKeys: Readonly<Record<GrabToggle, string>> = {
  'ctrl-ctrl': 'both Ctrl keys',
  'alt-alt': 'both Alt keys',
  'shift-shift': 'both Shift keys',
  'meta-meta': 'both Windows keys',
  scrolllock: 'Scroll Lock',
  'ctrl-scrolllock': 'Ctrl and Scroll Lock',
};
