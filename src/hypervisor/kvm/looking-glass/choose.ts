import {attributeOf, elementsAt, parseXmlBeginning} from '../../../formats/xml/document.ts';
import {ownHeader} from '../../../artifacts/rendered.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import type {PlanContext} from '../../../plan/context.ts';
import type {KvmGuestPlan, LookingGlassPlan} from '../../../plan/plan.ts';
import type {ProfileLookingGlass} from '../../../profile/profile.ts';
import {chooseKvmfr, releaseKvmfr} from './choose-kvmfr.ts';
import {memoryPath, tmpfilesLine, tmpfilesPath} from './files.ts';
import {isPowerOfTwo, sizesMiB} from './size.ts';

/** The picture of the guest in a window, through memory that it shares with the host; the window's keys go through SPICE. */
export const chooseLookingGlass = (context: PlanContext): Pick<KvmGuestPlan, 'lookingGlass' | 'kvmfr' | 'screen'> => {
  const wanted = context.profile.guest.lookingGlass;
  if (wanted === null) return {lookingGlass: null, kvmfr: releaseKvmfr(context), screen: 'vnc'};
  const {user, release, memory} = wanted;
  const sizeMiB = chooseSize(context, wanted);
  const plan = {name: chooseName(context), sizeMiB, user, release};
  if (memory === 'kvmfr') {
    const {device, kvmfr} = chooseKvmfr(context, sizeMiB);
    return {lookingGlass: {...plan, kvmfrDevice: device}, kvmfr, screen: chooseScreen(context)};
  }
  const lookingGlass = {...plan, kvmfrDevice: null};
  judgeMemory(context, lookingGlass);
  judgeOthers(context, lookingGlass);
  return {lookingGlass, kvmfr: releaseKvmfr(context), screen: chooseScreen(context)};
};

const chooseSize = (context: PlanContext, {sizeMiB, resolution, release, hdr}: ProfileLookingGlass): number => {
  const refuse = (message: string, remedy: string): void =>
    context.report('blocker', 'looking-glass-size', {subject: 'guest.lookingGlass', message, remedy});
  const [width = 0, height = 0] = resolution?.split('x').map(Number) ?? [];
  const picture = {width, height, isHdr: hdr};
  const needed =
    resolution === null
      ? 0
      : release === 'auto'
        ? Math.max(sizesMiB.idd(picture), sizesMiB.b7(picture))
        : sizesMiB[release](picture);
  if (sizeMiB === null && resolution === null)
    refuse(
      'The size of the shared memory follows from the largest resolution of the guest, and the profile says none.',
      'Write guest.lookingGlass.resolution: 2560x1440, or guest.lookingGlass.size: 64 MiB.',
    );
  if (sizeMiB !== null && !isPowerOfTwo(sizeMiB))
    refuse(
      `${sizeMiB} MiB is no size of shared memory: it has to be a power of two.`,
      `Set guest.lookingGlass.size: ${sizeUp(sizeMiB)} MiB, or leave it out and write the resolution.`,
    );
  if (sizeMiB !== null && sizeMiB < needed)
    refuse(
      `A picture of ${resolution}${hdr ? ' in HDR' : ''} needs ${needed} MiB of shared memory, and the profile says ${sizeMiB} MiB.`,
      'Take guest.lookingGlass.size out: it is computed then.',
    );
  const chosen = sizeMiB ?? Math.max(needed, 1);
  context.decide(
    'guest.lookingGlass',
    `${chosen} MiB of shared memory`,
    sizeMiB === null
      ? `that holds ${resolution}${hdr ? ' in HDR' : ''} ${release === 'auto' ? 'with both releases, IDD and B7' : `with release ${release.toUpperCase()}`}`
      : 'you chose it',
  );
  return chosen;
};

const sizeUp = (mebibytes: number): number => {
  const larger = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048];
  return larger.find((size) => size >= mebibytes) ?? 2048;
};

/** The client looks for `looking-glass`; a second guest has a name of its own. */
const chooseName = ({facts, profile}: PlanContext): string => {
  const plain = 'looking-glass';
  const others = libvirtOf(facts).domains.filter(({name}) => name !== profile.guest.name);
  const isShared = others.some(({xml}) =>
    elementsAt(parseXmlBeginning(xml ?? '').root, 'devices/shmem').some(
      (shmem) => attributeOf(shmem, 'name') === plain,
    ),
  );
  const text = facts.files[tmpfilesPath(plain)]?.text ?? null;
  const isOfOther = text !== null && !text.startsWith(ownHeader('#', profile.name));
  return isShared || isOfOther ? `${plain}-${profile.guest.name.replaceAll(/[^\w.-]/g, '-')}` : plain;
};

/** QEMU ends where a file of that name is smaller (system/physmem.c), and leaves a larger one; a reboot takes it away. */
const judgeMemory = ({facts, report}: PlanContext, planned: LookingGlassPlan): void => {
  const {sizeMiB} = planned;
  const path = memoryPath(planned);
  const present = facts.sharedMemory?.find((one) => one.path === path);
  if (present === undefined || isFit(present.bytes, sizeMiB)) return;
  report('warning', 'looking-glass-old-size', {
    subject: 'guest.lookingGlass',
    message: `${path} has ${present.bytes} bytes, and the guest asks for ${sizeMiB} MiB. ${present.bytes < sizeMiB * 1024 * 1024 ? 'It does not start until the file is gone.' : 'Guest and client need the same size.'}`,
    remedy: `Restart the host, or shut the guest down and run: sudo rm ${path}`,
  });
};

/** It is empty until the guest starts for the first time. */
export const isFit = (bytes: number, sizeMiB: number): boolean => bytes === 0 || bytes === sizeMiB * 1024 * 1024;

/** Of two lines for one path systemd-tmpfiles takes the one in the file that comes first by name. */
const judgeOthers = ({facts, report}: PlanContext, planned: LookingGlassPlan): void => {
  const {name} = planned;
  if (facts.boot.support.isDeclarative) {
    report('warning', 'looking-glass-owned-elsewhere', {
      subject: 'guest.lookingGlass',
      message: `This system makes /etc/tmpfiles.d from its configuration, so the line for ${memoryPath(planned)} is yours to add.`,
      remedy: `NixOS: systemd.tmpfiles.rules = [ "${tmpfilesLine(planned)}" ];`,
    });
    return;
  }
  const own = tmpfilesPath(name);
  const other = Object.values(facts.files).find(
    ({path, text}) =>
      path.startsWith('/etc/tmpfiles.d/') &&
      path !== own &&
      (text ?? '').split('\n').some((line) => line.split(/\s+/)[1] === memoryPath(planned)),
  );
  if (other === undefined) return;
  report('warning', 'looking-glass-owned-elsewhere', {
    subject: 'guest.lookingGlass',
    message: `${other.path} makes ${memoryPath(planned)} too, and only one of the two lines counts.`,
    remedy: `Take the line out of ${other.path}: the new file has the same one, with the user of the profile.`,
  });
};

/** Never guessed: libvirt refuses SPICE where QEMU does not have it, and then there is no guest. */
const chooseScreen = ({facts, report}: PlanContext): KvmGuestPlan['screen'] => {
  const {hasSpice} = libvirtOf(facts);
  if (hasSpice === true) return 'spice';
  report('warning', 'looking-glass-no-spice', {
    subject: 'guest.lookingGlass',
    message: `${hasSpice === false ? 'This QEMU has no SPICE' : 'Whether this QEMU has SPICE is unknown, so the guest gets none'}. The window shows the picture, and has no keyboard, mouse, clipboard or sound.`,
    remedy:
      'Install the part of QEMU that has it (Debian 13: qemu-system-modules-spice) and plan again, or give the guest your keyboard and mouse (guest.evdev).',
  });
  return 'vnc';
};
