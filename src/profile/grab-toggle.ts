/** As libvirt and QEMU call the keys that hand a keyboard and a mouse over (`grabToggle`). */
export type GrabToggle = 'ctrl-ctrl' | 'alt-alt' | 'shift-shift' | 'meta-meta' | 'scrolllock' | 'ctrl-scrolllock';

export const grabToggles: Readonly<Record<GrabToggle, true>> = {
  'ctrl-ctrl': true,
  'alt-alt': true,
  'shift-shift': true,
  'meta-meta': true,
  scrolllock: true,
  'ctrl-scrolllock': true,
};
