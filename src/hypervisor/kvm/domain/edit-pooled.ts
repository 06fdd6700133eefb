import {attributeOf, childNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import type {AssignedPooledFunction} from '../../../plan/plan.ts';
import {poolName} from '../networks/pool-name.ts';
import {interfaceOrder} from './domain-values.ts';
import {type DomainEdit, type EditContext, nothing} from './edit-context.ts';
import {networkWishes} from './edit-hostdevs.ts';

/** The interface that gets its virtual function from this pool of libvirt; where it is in the guest libvirt chooses. */
export const pooledHolder = ({facts, root}: EditContext, device: AssignedPooledFunction): XmlElement | null => {
  const name = poolName(facts, device.interface);
  return (
    childNamed(root, 'devices')?.children.find(
      (one) =>
        one.name === 'interface' &&
        attributeOf(one, 'type') === 'network' &&
        attributeOf(childNamed(one, 'source'), 'network') === name,
    ) ?? null
  );
};

export const editPooled = (context: EditContext): DomainEdit => {
  const planned = context.plan.devices.flatMap(({assigned}) => (assigned.type === 'pooled-function' ? [assigned] : []));
  return planned.length === 0
    ? nothing
    : {children: planned.map((device) => wishFor(context, device, pooledHolder(context, device))), drops: []};
};

const wishFor = (context: EditContext, device: AssignedPooledFunction, existing: XmlElement | null): Wish =>
  existing === null
    ? {
        name: 'interface',
        existing: null,
        attributes: {type: 'network'},
        children: [
          {name: 'source', attributes: {network: poolName(context.facts, device.interface)}},
          ...networkWishes({network: device}),
          // It says nothing of the function. Without one libvirt takes it for a card of the old PCI bus, behind a bridge.
          {name: 'model', attributes: {type: 'virtio'}},
        ],
        order: interfaceOrder,
      }
    : {name: 'interface', existing, children: networkWishes({network: device}), order: interfaceOrder};
