import type {PinningPlan} from '../plan/plan.ts';

/** What a host CPU does for the guest. */
export type CpuRole = {
  readonly role: 'host' | 'vcpu' | 'iothread' | 'emulator';
  /** One letter, the same in every size of the map. */
  readonly letter: string;
  /** With the numbers: `V3`, `I1E`; `V0+` where several vCPUs may run. */
  readonly label: string;
};

export type RoleOf = (cpu: number) => CpuRole;

const host: CpuRole = {role: 'host', letter: '·', label: '·'};

/** Where one CPU has several roles, the guest's own comes first. */
export const roleReader = (pinning: PinningPlan | null): RoleOf => {
  if (pinning === null) return () => host;
  const vcpus = numbersByCpu(pinning.vcpus.map(({vcpu, cpus}) => ({number: vcpu, cpus})));
  const iothreads = numbersByCpu(pinning.iothreads.map(({iothread, cpus}) => ({number: iothread, cpus})));
  const emulator = new Set(pinning.emulator);
  return (cpu) => {
    const labels = [numbered('V', vcpus.get(cpu)), numbered('I', iothreads.get(cpu)), emulator.has(cpu) ? 'E' : ''];
    const label = labels.join('');
    if (label === '') return host;
    const role = labels[0] !== '' ? 'vcpu' : labels[1] !== '' ? 'iothread' : 'emulator';
    return {role, letter: label.charAt(0), label};
  };
};

const numbersByCpu = (
  pins: readonly {readonly number: number; readonly cpus: readonly number[]}[],
): ReadonlyMap<number, readonly number[]> => {
  const byCpu = new Map<number, number[]>();
  for (const {number, cpus} of pins) for (const cpu of cpus) byCpu.set(cpu, [...(byCpu.get(cpu) ?? []), number]);
  return byCpu;
};

const numbered = (letter: string, numbers: readonly number[] | undefined): string =>
  numbers?.[0] === undefined ? '' : `${letter}${numbers[0]}${numbers.length > 1 ? '+' : ''}`;
