import {readFileSync} from 'node:fs';

/** Processor time in microseconds of this process and of the children that it has waited for (cutime and cstime of proc_pid_stat(5)). */
const processorTime = (): number => {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const {user, system} = process.cpuUsage();
  return user + system + (Number(fields[13]) + Number(fields[14])) * 10_000;
};

const timeOf = (act: () => void): number => {
  const began = processorTime();
  act();
  return processorTime() - began;
};

/**
 * Tells how many times the work of `unit` an act is, in processor time: a slow or busy machine is slow at both. It is the
 * least of up to three measurements, as others on the machine only ever add to one; one of at most `enough` ends them.
 */
export const measureIn = (unit: () => void): ((act: () => void, enough: number) => number) => {
  let units = 0;
  const began = processorTime();
  for (; processorTime() - began < 200_000; units += 1) unit();
  const unitTime = (processorTime() - began) / units;
  return (act, enough) => {
    let least = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 3 && least > enough; attempt += 1) least = Math.min(least, timeOf(act) / unitTime);
    return least;
  };
};
