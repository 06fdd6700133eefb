import {libvirtOf} from '../../../facts/virtualisation.ts';
import {isAtLeast} from '../../../facts/versions.ts';
import {attributeOf, childNamed, childrenNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {AttributeWish} from '../../../formats/xml/reconcile.ts';
import {cpuOrder} from './domain-values.ts';
import {type DomainEdit, type EditContext, joinEdits, nothing} from './edit-context.ts';
import {editNumaCells} from './edit-nodes.ts';

/** `<cpu>`: the host's own CPU with the planned topology. Features that others asked for stay. */
export const editProcessor = (context: EditContext): DomainEdit => {
  const cpu = childNamed(context.root, 'cpu');
  const {version} = libvirtOf(context.facts);
  const hasMigratable = isAtLeast(version, '6.5.0') || attributeOf(cpu, 'migratable') !== null;
  const parts = joinEdits([
    replaceModel(context, cpu),
    editTopology(context, cpu),
    cacheOfHost,
    editPhysicalAddresses(context, cpu),
    editTopoext(context, cpu),
    editNumaCells(context),
  ]);
  const attributes = {
    mode: 'host-passthrough',
    check: 'none',
    match: null,
    ...(hasMigratable ? {migratable: 'off'} : {}),
  };
  return {children: [{name: 'cpu', existing: cpu, attributes, ...parts, order: cpuOrder}], drops: []};
};

/** A named model has no place next to host-passthrough. */
const replaceModel = ({report}: EditContext, cpu: XmlElement | null): DomainEdit => {
  const drops = [...childrenNamed(cpu, 'model'), ...childrenNamed(cpu, 'vendor')];
  const mode = attributeOf(cpu, 'mode') ?? 'custom';
  if (cpu !== null && mode !== 'host-passthrough') {
    report('note', 'guest-setting-replaced', {
      element: cpu,
      message: `The guest's CPU was ${mode}; it becomes host-passthrough, and may look like a new machine to the guest's licences.`,
      remedy: 'Change it back with `virsh edit` afterwards if the guest must keep its CPU model.',
    });
  }
  return {children: [], drops};
};

const editTopology = ({plan, facts}: EditContext, cpu: XmlElement | null): DomainEdit => {
  const {sockets, dies, cores, threads} = plan.pinning.topology;
  const present = childNamed(cpu, 'topology');
  const namesDies =
    dies > 1 ||
    (present === null ? isAtLeast(libvirtOf(facts).version, '6.1.0') : attributeOf(present, 'dies') !== null);
  const attributes: Record<string, AttributeWish> = {
    sockets: number(sockets),
    ...(namesDies ? {dies: number(dies)} : {}),
    ...(attributeOf(present, 'clusters') === null ? {} : {clusters: number(1)}),
    cores: number(cores),
    threads: number(threads),
  };
  return {children: [{name: 'topology', attributes}], drops: []};
};

const number = (wanted: number): AttributeWish => ({value: String(wanted), accepts: (text) => Number(text) === wanted});

/** `level` belongs to emulated caches only. */
const cacheOfHost: DomainEdit = {
  children: [{name: 'cache', attributes: {mode: 'passthrough', level: null}}],
  drops: [],
};

/** What an owner chose stays; only the CPU's own width without a limit is ours to narrow. `limit=` came with libvirt 9.3. */
const editPhysicalAddresses = ({plan, facts}: EditContext, cpu: XmlElement | null): DomainEdit => {
  const {version} = libvirtOf(facts);
  const present = childNamed(cpu, 'maxphysaddr');
  const isOwners = attributeOf(present, 'mode') === 'emulate' || attributeOf(present, 'limit') !== null;
  if (isOwners || !plan.guest.maxPhysAddr || !isAtLeast(version, '8.7.0')) return nothing;
  const limit = plan.guest.maxPhysAddrLimit;
  const attributes: Record<string, AttributeWish> =
    limit === null
      ? {mode: 'passthrough', bits: null}
      : isAtLeast(version, '9.3.0')
        ? {mode: 'passthrough', limit: number(limit), bits: null}
        : {mode: 'emulate', bits: number(limit)};
  return {children: [{name: 'maxphysaddr', attributes}], drops: []};
};

/** QEMU: the flag must be asked for on AMD, and an Intel host cannot give it. */
const editTopoext = ({plan, facts, report}: EditContext, cpu: XmlElement | null): DomainEdit => {
  const present = childrenNamed(cpu, 'feature').find((feature) => attributeOf(feature, 'name') === 'topoext') ?? null;
  if (plan.guest.hasTopoext)
    return {
      children: [{name: 'feature', existing: present, attributes: {policy: 'require', name: 'topoext'}}],
      drops: [],
    };
  if (
    present === null ||
    facts.cpu.vendor !== 'GenuineIntel' ||
    !['require', 'force'].includes(attributeOf(present, 'policy') ?? 'require')
  )
    return nothing;
  report('warning', 'guest-setting-replaced', {
    element: present,
    message: 'The guest asks for topoext, which only AMD processors have, so it is taken out.',
    remedy: 'Nothing is to do; threads need no such flag on Intel.',
  });
  return {children: [], drops: [present]};
};
