import {isAtLeast} from '../../../facts/versions.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import {elementsAt, attributeOf, parseXmlBeginning} from '../../../formats/xml/document.ts';
import type {PlanContext} from '../../../plan/context.ts';
import type {KvmGuestPlan, SoundPlan} from '../../../plan/plan.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';

type Screen = KvmGuestPlan['screen'];

/** An emulated sound card, and the screen that its sound needs. */
export const chooseSound = (context: PlanContext, screen: Screen): Pick<KvmGuestPlan, 'sound' | 'screen'> => {
  const {sound} = context.profile.guest;
  if (sound === 'auto') return {sound: null, screen};
  if (sound === 'none') return {sound: {backend: 'none', runtimeDir: null}, screen};
  return sound === 'spice' ? chooseSpice(context, screen) : {sound: choosePipeWire(context), screen};
};

const played = (runtimeDir: string | null): SoundPlan => ({
  backend: runtimeDir === null ? 'spice' : 'pipewire',
  runtimeDir,
});

/** libvirt refuses either where QEMU lacks it, and then there is no guest; one that has such a screen shows that QEMU has it. */
const chooseSpice = (context: PlanContext, screen: Screen): Pick<KvmGuestPlan, 'sound' | 'screen'> => {
  const {hasSpice, audioBackends} = libvirtOf(context.facts);
  if ((hasSpice === true || hasSpiceScreen(context)) && audioBackends?.includes('spice') !== false) {
    context.decide('guest.sound', 'a sound card (ich9), through SPICE', 'you chose it, and this QEMU has SPICE');
    return {sound: played(null), screen: 'spice'};
  }
  context.report('blocker', 'guest-sound-unusable', {
    subject: 'guest.sound',
    message:
      hasSpice === null && audioBackends === null
        ? 'Whether this QEMU has SPICE is unknown, and without it the guest could not be defined.'
        : 'This QEMU has no SPICE, or no sound through it, so the guest could not be defined.',
    remedy:
      'Install the part of QEMU that has it (Debian 13: qemu-system-modules-spice) and plan again, or set guest.sound: pipewire, or leave guest.sound out: a graphics card has sound of its own.',
  });
  return {sound: null, screen};
};

const hasSpiceScreen = ({facts, profile}: PlanContext): boolean => {
  const xml = libvirtOf(facts).domains.find(({name}) => name === profile.guest.name)?.xml ?? '';
  return elementsAt(parseXmlBeginning(xml).root, 'devices/graphics').some(
    (one) => attributeOf(one, 'type') === 'spice',
  );
};

const choosePipeWire = (context: PlanContext): SoundPlan | null => {
  const {profile, decide} = context;
  const {soundRuntimeDir: runtimeDir} = profile.guest;
  if (runtimeDir === null) {
    const [first] = libvirtOf(context.facts).pipeWireDirectories ?? [];
    context.report('blocker', 'guest-sound-unusable', {
      subject: 'guest.sound',
      message: 'QEMU runs as a user without a session of its own, so you have to say whose PipeWire plays the sound.',
      remedy: `Set guest.soundRuntimeDir: ${first ?? '/run/user/1000'}${first === undefined ? ', with the number that `id -u` prints for that user' : ''}.`,
    });
    return null;
  }
  judgePipeWire(context);
  judgeAccess(context, runtimeDir);
  decide('guest.sound', `a sound card (ich9), through PipeWire in ${runtimeDir}`, 'you chose it');
  return played(runtimeDir);
};

/** libvirt news: 9.10.0. QEMU: docs/about, audio backend since 8.1. */
const judgePipeWire = ({facts, report}: PlanContext): void => {
  const {version, qemuVersion, audioBackends} = libvirtOf(facts);
  const old =
    version !== null && !isAtLeast(version, '9.10.0')
      ? `libvirt plays sound through PipeWire since 9.10.0, and this is ${version}`
      : qemuVersion !== null && !isAtLeast(qemuVersion, '8.1')
        ? `QEMU plays sound through PipeWire since 8.1, and this is ${qemuVersion}`
        : audioBackends?.includes('pipewire') === false
          ? 'this QEMU has no part that plays sound through PipeWire'
          : null;
  if (old === null) return;
  report('blocker', 'guest-sound-unusable', {
    subject: 'guest.sound',
    message: `${old.charAt(0).toUpperCase()}${old.slice(1)}.`,
    remedy:
      'Set guest.sound: spice where this QEMU has that, or leave guest.sound out: a graphics card has sound of its own.',
  });
};

/** libvirt: qemu.conf, `user`. The directory of a session is closed to every other user (systemd: pam_systemd). */
const judgeAccess = ({facts, report}: PlanContext, runtimeDir: string): void => {
  const {pipeWireDirectories} = libvirtOf(facts);
  const uid = /^\/run\/user\/(\d+)$/.exec(runtimeDir)?.[1] ?? null;
  const user = /^[ \t]*user[ \t]*=[ \t]*["']([^"'\n]*)["']/m.exec(
    facts.files['/etc/libvirt/qemu.conf']?.text ?? '',
  )?.[1];
  const isThere = pipeWireDirectories?.includes(runtimeDir) ?? null;
  if (isThere === false)
    report('note', 'guest-sound-session', {
      subject: 'guest.sound',
      path: 'guest.soundRuntimeDir',
      message: `There is no PipeWire in ${runtimeDir} now, and the guest does not start without it.`,
      remedy: 'Log in as that user before the guest starts.',
    });
  if (uid !== null && user === `+${uid}`) return;
  const directory = quoteForShell(runtimeDir);
  report('warning', 'guest-sound-session', {
    subject: 'guest.sound',
    path: 'guest.soundRuntimeDir',
    message: `${runtimeDir} is open to its user only, and QEMU runs as ${user === undefined ? 'a user of its own' : user}.`,
    remedy: `Run QEMU as that user (user = "+${uid ?? '1000'}" in /etc/libvirt/qemu.conf, then restart libvirt), or after each login: setfacl -m u:libvirt-qemu:x ${directory} && setfacl -m u:libvirt-qemu:rw ${directory}/pipewire-0 (the user is qemu on Fedora and openSUSE).`,
  });
};
