import type {HostFacts} from '../../facts/host-facts.ts';
import {libvirtOf} from '../../facts/virtualisation.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {LookingGlassPlan, Plan} from '../../plan/plan.ts';
import {kvmPlanOf} from './kvm-plan.ts';
import {labelPromises} from './selinux-labels.ts';
import {isFit} from './looking-glass/choose.ts';
import {memoryPath, tmpfilesPath} from './looking-glass/files.ts';

/** What the guest needs of the host whenever it starts. */
export const kvmPromises = (facts: HostFacts, planned: Plan): readonly PromiseResult[] => {
  const {guest} = kvmPlanOf(planned);
  const {evdev, lookingGlass, sound} = guest;
  return [
    ...labelPromises(facts, guest),
    ...(sound?.runtimeDir === undefined || sound.runtimeDir === null ? [] : [soundPromise(facts, sound.runtimeDir)]),
    ...evdev.map(({path}) => inputPromise(facts, path)),
    ...(lookingGlass?.kvmfrDevice === null ? [memoryPromise(facts, lookingGlass)] : []),
  ];
};

/** What is there once the host has booted. */
export const bootPromises = (facts: HostFacts, planned: Plan): readonly PromiseResult[] => {
  const {lookingGlass} = kvmPlanOf(planned).guest;
  return lookingGlass === null || lookingGlass.kvmfrDevice === null
    ? []
    : [devicePromise(facts, memoryPath(lookingGlass), lookingGlass.user)];
};

/**
 * Its size is in no file of the kernel: the module has it from its options at this boot, and that file is compared. A
 * guest that starts before the module is loaded has QEMU make a regular file in its place.
 */
const devicePromise = ({sharedMemory, kernel}: HostFacts, path: string, user: string): PromiseResult => {
  const told = {
    id: 'looking-glass-device',
    promise: `${path} is a device of kvmfr for Looking Glass, for ${user} and QEMU.`,
  };
  const present = sharedMemory?.find((one) => one.path === path);
  if (sharedMemory === null) return {...told, status: 'unknown', fact: 'This host has no /dev/shm here.', remedy: null};
  const load = 'sudo modprobe -r kvmfr; sudo modprobe kvmfr';
  if (present === undefined)
    return {
      ...told,
      status: 'broken',
      fact: `It is not there, and the module kvmfr is ${kernel.loaded?.includes('kvmfr') === true ? 'loaded with fewer devices' : 'not loaded'}.`,
      remedy: `${load}, which says what is wrong: a module that the kernel refuses, for example.`,
    };
  if (present.isFile)
    return {
      ...told,
      status: 'broken',
      fact: 'It is a regular file, which QEMU makes where the module is not loaded.',
      remedy: `Shut the guest down, then: sudo rm ${path} && ${load}`,
    };
  const isOpen = present.gid !== 0 && (present.mode & 0o660) === 0o660;
  return {
    ...told,
    status: isOpen ? 'kept' : 'broken',
    fact: `It is a device of group ${present.gid}, mode ${present.mode.toString(8).padStart(4, '0')}.`,
    remedy: isOpen
      ? null
      : 'sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=kvmfr. If that changes nothing, another rule in /etc/udev/rules.d counts.',
  };
};

/** A file that QEMU has made for itself is closed to the client. */
const memoryPromise = ({sharedMemory}: HostFacts, planned: LookingGlassPlan): PromiseResult => {
  const {name, sizeMiB, user} = planned;
  const path = memoryPath(planned);
  const told = {id: 'looking-glass-memory', promise: `${path} is there for Looking Glass, for ${user} and QEMU.`};
  const present = sharedMemory?.find((one) => one.path === path);
  if (sharedMemory === null) return {...told, status: 'unknown', fact: 'This host has no /dev/shm here.', remedy: null};
  if (present === undefined)
    return {
      ...told,
      status: 'broken',
      fact: 'It is not there.',
      remedy: `sudo systemd-tmpfiles --create ${tmpfilesPath(name)}, which says what is wrong: a user ${user} that does not exist, for example.`,
    };
  const mode = present.mode.toString(8).padStart(4, '0');
  const isRight = present.isFile && isFit(present.bytes, sizeMiB) && (present.mode & 0o660) === 0o660;
  return {
    ...told,
    status: isRight ? 'kept' : 'broken',
    fact: `It is ${present.isFile ? 'a file' : 'no file'} of ${present.bytes} bytes, mode ${mode}.`,
    remedy: isRight
      ? null
      : `Shut the guest down, then: sudo rm ${path} && sudo systemd-tmpfiles --create ${tmpfilesPath(name)}`,
  };
};

/** QEMU ends where it cannot reach the session that plays its sound. */
const soundPromise = (facts: HostFacts, runtimeDir: string): PromiseResult => {
  const {pipeWireDirectories} = libvirtOf(facts);
  const isThere = pipeWireDirectories?.includes(runtimeDir) ?? null;
  return {
    id: 'guest-sound',
    status: isThere === null ? 'unknown' : isThere ? 'kept' : 'broken',
    promise: `PipeWire in ${runtimeDir} is there for the guest's sound.`,
    fact:
      isThere === null
        ? 'This host has no /run/user here.'
        : isThere
          ? 'It runs.'
          : 'It does not run: that user is not logged in.',
    remedy: isThere === false ? 'Log in as that user before the guest starts.' : null,
  };
};

const inputPromise = ({inputs}: HostFacts, path: string): PromiseResult => {
  const isThere = inputs?.some((input) => input.path === path) ?? null;
  return {
    id: 'guest-input',
    status: isThere === null ? 'unknown' : isThere ? 'kept' : 'broken',
    promise: `${path} is there for the guest.`,
    fact:
      isThere === null ? 'This host has no /dev/input here.' : isThere ? 'It is plugged in.' : 'It is not plugged in.',
    remedy: isThere === false ? 'Plug it in before the guest starts, or take it out of guest.evdev and apply.' : null,
  };
};
