import {formatCpuList} from '../../../facts/kernel-lists.ts';
import {ioThreadsOf, takersOfIoThread} from '../../../facts/io-threads.ts';
import {allElements, attributeOf, childNamed, childrenNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {AttributeWish, Wish} from '../../../formats/xml/reconcile.ts';
import {cpuTuneOrder, largest, parseWholeNumber, sameCpuSet} from './domain-values.ts';
import {type DomainEdit, type EditContext, nothing} from './edit-context.ts';

export const vcpuCount = ({plan}: EditContext): number => {
  const {vcpus, topology} = plan.pinning;
  return vcpus.length > 0 ? vcpus.length : topology.sockets * topology.dies * topology.cores * topology.threads;
};

/** All vCPUs are there from the start: each is pinned, and the topology counts them all. */
export const editVcpus = (context: EditContext): DomainEdit => {
  const count = vcpuCount(context);
  const existing = childNamed(context.root, 'vcpu');
  const states = childrenNamed(context.root, 'vcpus').filter((list) => !isAllOnline(list, count));
  const cpus = [...new Set(context.plan.pinning.vcpus.flatMap((pin) => pin.cpus))];
  const isRightSet = sameCpuSet(cpus)(attributeOf(existing, 'cpuset') ?? '');
  const isRightCurrent = Number(attributeOf(existing, 'current') ?? count) === count;
  for (const element of states) {
    context.report('note', 'guest-setting-replaced', {
      element,
      message: `The list of single vCPU states does not fit ${count} vCPUs that are all online, so it is taken out.`,
      remedy: 'Set cpu.vcpus to the number that the list holds if you rely on vCPU hotplug.',
    });
  }
  const attributes: Record<string, AttributeWish> = {
    placement: 'static',
    ...(isRightSet || cpus.length === 0 ? {} : {cpuset: null}),
    ...(isRightCurrent ? {} : {current: null}),
  };
  const text = Number(existing?.text.trim() || 0) === count ? {} : {text: String(count)};
  return {children: [{name: 'vcpu', existing, attributes, ...text}], drops: states};
};

const isAllOnline = (list: XmlElement, count: number): boolean => {
  const states = childrenNamed(list, 'vcpu');
  return states.every((state) => attributeOf(state, 'enabled') === 'yes' && Number(attributeOf(state, 'id')) < count);
};

/** Never fewer than the disks of the guest refer to. */
export const editIothreads = ({plan, root}: EditContext): DomainEdit => {
  const wanted = plan.pinning.iothreads.map((pin) => pin.iothread);
  if (wanted.length === 0) return nothing;
  const existing = childNamed(root, 'iothreads');
  const listed = childrenNamed(childNamed(root, 'iothreadids'), 'iothread').flatMap(
    (thread) => parseWholeNumber(attributeOf(thread, 'id')) ?? [],
  );
  const used = allElements(root)
    .filter((element) => element.name === 'driver')
    .flatMap((driver) => parseWholeNumber(attributeOf(driver, 'iothread')) ?? []);
  const count = listed.length === 0 ? largest([...wanted, ...used]) : new Set([...listed, ...wanted]).size;
  return Number(existing?.text.trim() || 0) >= count
    ? nothing
    : {children: [{name: 'iothreads', existing, text: String(count)}], drops: []};
};

/** The disks of a guest that uses no I/O thread get the first of the plan's: a thread that nothing runs in is no gain. */
export const editThreadUsers = ({plan, root}: EditContext): DomainEdit => {
  const [first] = plan.pinning.iothreads;
  if (first === undefined || ioThreadsOf(root).used.length > 0) return nothing;
  const attributes = {iothread: String(first.iothread)};
  return {
    children: takersOfIoThread(root).map((existing): Wish => ({
      name: existing.name,
      existing,
      children: [{name: 'driver', attributes}],
      order: ['driver'],
    })),
    drops: [],
  };
};

/** Pins of vCPUs, emulator and I/O threads are the plan's; weights, quotas and schedulers stay. */
export const editCpuTune = ({plan, root}: EditContext): DomainEdit => {
  const {vcpus, emulator, iothreads} = plan.pinning;
  const existing = childNamed(root, 'cputune');
  const edits = [
    editPins(
      existing,
      'vcpupin',
      vcpus.map(({vcpu, cpus}) => ({key: {vcpu: String(vcpu)}, cpus})),
    ),
    editPins(existing, 'emulatorpin', emulator.length === 0 ? [] : [{key: {}, cpus: emulator}]),
    editPins(
      existing,
      'iothreadpin',
      iothreads.map(({iothread, cpus}) => ({key: {iothread: String(iothread)}, cpus})),
    ),
  ];
  const children = edits.flatMap((edit) => edit.children);
  const drops = edits.flatMap((edit) => edit.drops);
  return children.length === 0
    ? nothing
    : {children: [{name: 'cputune', existing, children, drops, order: cpuTuneOrder}], drops: []};
};

type Pin = {readonly key: Readonly<Record<string, string>>; readonly cpus: readonly number[]};

/** Without any planned pin of a kind, those that are there stay. */
const editPins = (parent: XmlElement | null, name: string, pins: readonly Pin[]): DomainEdit => {
  if (pins.length === 0) return nothing;
  const present = childrenNamed(parent, name);
  const children = pins.map(({key, cpus}): Wish => ({
    name,
    existing:
      present.find((pin) =>
        Object.entries(key).every(([attribute, value]) => Number(attributeOf(pin, attribute)) === Number(value)),
      ) ?? null,
    attributes: {...numbersOf(key), cpuset: {value: formatCpuList(cpus), accepts: sameCpuSet(cpus)}},
  }));
  const kept = new Set(children.map((child) => child.existing));
  return {children, drops: present.filter((pin) => !kept.has(pin))};
};

const numbersOf = (key: Pin['key']): Record<string, AttributeWish> =>
  Object.fromEntries(
    Object.entries(key).map(([name, value]) => [
      name,
      {value, accepts: (text: string) => Number(text) === Number(value)},
    ]),
  );
