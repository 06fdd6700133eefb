import type {HostFacts} from '../../facts/host-facts.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {LookingGlassPlan, Plan} from '../../plan/plan.ts';
import {kvmPlanOf} from './kvm-plan.ts';
import {isFit} from './looking-glass/choose.ts';
import {memoryPath, tmpfilesPath} from './looking-glass/files.ts';

/** What the guest needs of the host whenever it starts. */
export const kvmPromises = (facts: HostFacts, planned: Plan): readonly PromiseResult[] => {
  const {evdev, lookingGlass} = kvmPlanOf(planned).guest;
  return [
    ...evdev.map(({path}) => inputPromise(facts, path)),
    ...(lookingGlass === null ? [] : [memoryPromise(facts, lookingGlass)]),
  ];
};

/** A file that QEMU has made for itself is closed to the client. */
const memoryPromise = ({sharedMemory}: HostFacts, {name, sizeMiB, user}: LookingGlassPlan): PromiseResult => {
  const path = memoryPath(name);
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
