import type {FailureMode} from './failure-mode.ts';

/** The guest, and the card in its hands. */
export const guestModes: readonly FailureMode[] = [
  {
    number: 21,
    what: 'Pins that ignore siblings, nodes or caches; a topology that does not match.',
    handled: ['prevented', 'told'],
    how: 'Whole cores as the kernel lists siblings, on the card’s node, in one cache where that is possible; the guest sees the same.',
    codes: ['cpu-pin-splits-core', 'cpu-pin-off-node', 'cpu-pin-mixes-kinds'],
  },
  {
    number: 23,
    what: 'Error 43.',
    handled: ['prevented'],
    how: 'KVM is hidden for drivers before R465 and mobile GPUs, with the reason, and not otherwise.',
  },
  {
    number: 24,
    what: 'AMD’s reset bug.',
    handled: ['told'],
    how: 'reset_method is read; the families that vendor-reset knows are named, unless its reset is in use.',
    codes: ['device-no-reset', 'device-reset-fragile'],
    checks: ['gpu-reset'],
  },
  {
    number: 25,
    what: 'NVIDIA Blackwell stays stuck when the guest stops.',
    handled: ['told'],
    how: 'Its id ranges are known; said in the plan.',
    codes: ['device-reset-fragile'],
  },
  {
    number: 26,
    what: 'The card is stuck in D3cold.',
    handled: ['verified'],
    how: 'disable_idle_d3 on request only; the power state is looked at after the reboot.',
    promises: ['device-power', 'module-option'],
  },
  {
    number: 27,
    what: 'Resizable BAR and Above 4G do not fit.',
    handled: ['told'],
    how: 'Sizes now and possible ones are shown, with what a guest can’t do; a BAR without a place names the firmware setting.',
    checks: ['above-4g'],
  },
  {
    number: 28,
    what: 'A ROM that is missing, damaged or another card’s.',
    handled: ['told'],
    how: 'The file is read: 55 AA, PCIR, ids, UEFI image; and whether QEMU may read it.',
    codes: ['guest-rom-invalid'],
  },
  {
    number: 34,
    what: 'Something holds the card, and the unbind never ends.',
    handled: ['prevented', 'told'],
    how: 'Bound at boot by default, so no driver has it; where libvirt shall take it, the plan says what holds it. The handover stops the display manager, names who has the card open, and waits for no driver that does not let go.',
    codes: ['device-held-by-driver', 'handover-screen'],
  },
  {
    number: 36,
    what: 'Looking Glass: AppArmor or the device ACL closes /dev/kvmfr0, it is a regular file that QEMU has made, or the size is old.',
    handled: ['told', 'verified'],
    how: 'The memory is libvirt’s own <shmem>, which AppArmor and the device ACL allow; its size follows from the resolution, an old one is named before apply, and size and mode are looked at. /dev/kvmfr0 is not served: what a domain has of it stays to the byte.',
    codes: ['looking-glass-size', 'looking-glass-old-size', 'looking-glass-owned-elsewhere'],
    promises: ['looking-glass-memory'],
  },
  {
    number: 38,
    what: 'A guest that starts on its own and bad binding make a loop of crashes.',
    handled: ['told'],
    how: 'A warning with the command that pauses it until the first verified boot.',
    codes: ['guest-autostart'],
  },
  {
    number: 46,
    what: 'The emulator has no CPU on the memory’s node, and the guest does not start.',
    handled: ['prevented', 'blocked'],
    how: 'One CPU of each memory node is kept for it; the user’s own choice against that is blocked.',
    codes: ['guest-emulator-off-node'],
    scenarios: ['whole-life'],
  },
];
