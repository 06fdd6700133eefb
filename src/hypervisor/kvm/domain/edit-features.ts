import {ownValue} from '../../../decode/own-value.ts';
import {attributeOf, childNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {AttributeWish, Wish} from '../../../formats/xml/reconcile.ts';
import {featuresOrder, hypervOrder} from './domain-values.ts';
import {type DomainEdit, type EditContext, nothing} from './edit-context.ts';
import {listWords} from '../../../words/list-words.ts';

/** libvirt: formatdomain, "Hypervisor features"; from 11.9.0 on a domain with missing dependencies is refused. */
const dependencies: Readonly<Record<string, readonly string[]>> = {
  synic: ['vpindex'],
  stimer: ['vpindex', 'synic'],
  tlbflush: ['vpindex'],
  ipi: ['vpindex'],
  evmcs: ['vapic'],
};

/** Switches on what the plan names; features that the guest has besides stay. */
export const editFeatures = (context: EditContext): DomainEdit => {
  const features = childNamed(context.root, 'features');
  const children = [...kvmWish(context), ...hypervWish(context, childNamed(features, 'hyperv'))];
  return children.length === 0
    ? nothing
    : {children: [{name: 'features', existing: features, children, order: featuresOrder}], drops: []};
};

const kvmWish = ({plan}: EditContext): readonly Wish[] =>
  plan.guest.isKvmHidden ? [{name: 'kvm', children: [{name: 'hidden', attributes: {state: 'on'}}]}] : [];

const hypervWish = (context: EditContext, existing: XmlElement | null): readonly Wish[] => {
  const {hypervVendorId} = context.plan.guest;
  const isPassthrough = attributeOf(existing, 'mode') === 'passthrough';
  if (isPassthrough && hypervVendorId === null) return [];
  const names = chooseEnlightenments(context, existing);
  const children = names.map((name): Wish => ({
    name,
    attributes: {state: 'on', ...(name === 'spinlocks' ? {retries} : {})},
  }));
  if (hypervVendorId !== null) children.push({name: 'vendor_id', attributes: {state: 'on', value: hypervVendorId}});
  if (children.length === 0) return [];
  if (isPassthrough) reportMode(context, existing);
  return [{name: 'hyperv', existing, attributes: isPassthrough ? {mode: 'custom'} : {}, children, order: hypervOrder}];
};

/** libvirt: with this mode everything that the host has is on, and what is inside is not read. */
const reportMode = ({report}: EditContext, existing: XmlElement | null): void =>
  report('warning', 'guest-setting-replaced', {
    element: existing,
    message:
      'With Hyper-V features passed through from the host libvirt sets no vendor id, so the features are listed one by one instead.',
    remedy: 'Set guest.hideHypervisor: false to keep them passed through.',
  });

/** libvirt asks for at least 4095. */
const retries: AttributeWish = {value: '8191', accepts: (text) => Number(text) >= 4095};

const chooseEnlightenments = ({plan, report}: EditContext, existing: XmlElement | null): readonly string[] => {
  const planned = plan.guest.hyperv.filter((name) => name !== 'vendor_id');
  const present =
    existing?.children.filter((child) => attributeOf(child, 'state') === 'on').map((child) => child.name) ?? [];
  const isOn = (name: string): boolean => present.includes(name) || planned.includes(name);
  return [...new Set(planned)].filter((name) => {
    const missing = (ownValue(dependencies, name) ?? []).filter((need) => !isOn(need));
    const isKnown = hypervOrder.includes(name);
    if (isKnown && missing.length === 0) return true;
    report('warning', 'guest-option-unsupported', {
      element: existing,
      message: isKnown
        ? `The Hyper-V feature ${name} needs ${listWords(missing)}, which is not chosen, so it is left out.`
        : `libvirt has no Hyper-V feature ${name}, so it is left out.`,
      remedy: isKnown ? `Add ${missing.join(', ')} to guest.hyperv.` : `Take one of ${hypervOrder.join(', ')}.`,
    });
    return false;
  });
};

/** The synthetic timer counts on the reference clock (QEMU: hv-stimer needs hv-time). */
export const editClock = ({plan, root}: EditContext): DomainEdit => {
  const {hyperv, hasClock} = plan.guest;
  if (!hyperv.includes('stimer') && !(hasClock && hyperv.length > 0)) return nothing;
  const clock = childNamed(root, 'clock');
  const timer =
    clock?.children.find((child) => child.name === 'timer' && attributeOf(child, 'name') === 'hypervclock') ?? null;
  const timerWish: Wish = {name: 'timer', existing: timer, attributes: {name: 'hypervclock', present: 'yes'}};
  return {
    children: [
      {
        name: 'clock',
        existing: clock,
        attributes: clock === null ? {offset: hasClock ? 'localtime' : 'utc'} : {},
        children: [timerWish],
        order: ['timer'],
      },
    ],
    drops: [],
  };
};
