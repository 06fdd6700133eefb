import {isAtLeast} from '../../host/versions.ts';
import {cpuOrder} from './customary-order.ts';
import {joinEdits, nothing} from './edit-context.ts';
import type {Edit, EditContext} from './edit-context.ts';
import {editNumaCells} from './edit-nodes.ts';
import type {AttributeWish} from './reconcile.ts';
import {attributeOf, childNamed, childrenNamed} from './xml-element.ts';
import type {XmlElement} from './xml-element.ts';

/** `<cpu>`: the host's own CPU with the planned topology. Features that others asked for stay. */
export const editProcessor = (context: EditContext): Edit => {
  const cpu = childNamed(context.root, 'cpu');
  const {version} = context.facts.libvirt;
  const hasMigratable = isAtLeast(version, '6.5.0') || attributeOf(cpu, 'migratable') !== null;
  const parts = joinEdits([
    replaceModel(context, cpu),
    editTopology(context, cpu),
    editCache(context),
    editPhysicalAddresses(context),
    editTopoext(context, cpu),
    editNumaCells(context),
  ]);
  const attributes = {mode: 'host-passthrough', check: 'none', match: null, ...(hasMigratable ? {migratable: 'off'} : {})};
  return {children: [{name: 'cpu', existing: cpu, attributes, ...parts, order: cpuOrder}], drops: []};
};

/** A named model has no place beside host-passthrough. */
const replaceModel = ({report}: EditContext, cpu: XmlElement | null): Edit => {
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

const editTopology = ({plan, facts}: EditContext, cpu: XmlElement | null): Edit => {
  const {sockets, dies, cores, threads} = plan.pinning.topology;
  const present = childNamed(cpu, 'topology');
  const namesDies = dies > 1 || (present === null ? isAtLeast(facts.libvirt.version, '6.1.0') : attributeOf(present, 'dies') !== null);
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
const editCache = ({plan}: EditContext): Edit =>
  plan.guest.hasCachePassthrough ? {children: [{name: 'cache', attributes: {mode: 'passthrough', level: null}}], drops: []} : nothing;

const editPhysicalAddresses = ({plan, facts}: EditContext): Edit =>
  plan.guest.maxPhysAddr && isAtLeast(facts.libvirt.version, '8.7.0')
    ? {children: [{name: 'maxphysaddr', attributes: {mode: 'passthrough', bits: null}}], drops: []}
    : nothing;

/** QEMU: the flag must be asked for on AMD, and an Intel host cannot give it. */
const editTopoext = ({plan, facts, report}: EditContext, cpu: XmlElement | null): Edit => {
  const present = childrenNamed(cpu, 'feature').find((feature) => attributeOf(feature, 'name') === 'topoext') ?? null;
  if (plan.guest.hasTopoext) return {children: [{name: 'feature', existing: present, attributes: {policy: 'require', name: 'topoext'}}], drops: []};
  if (present === null || facts.cpu.vendor !== 'GenuineIntel' || !['require', 'force'].includes(attributeOf(present, 'policy') ?? 'require')) return nothing;
  report('warning', 'guest-setting-replaced', {
    element: present,
    message: 'The guest asks for topoext, which only AMD processors have, so it is taken out.',
    remedy: 'Nothing is to do; threads need no such flag on Intel.',
  });
  return {children: [], drops: [present]};
};
