import {attributeOf, childNamed, childrenNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import {type DomainEdit, type EditContext, nothing} from './edit-context.ts';

const tagOf = (element: XmlElement): string | null => attributeOf(childNamed(element, 'target'), 'dir');

/** Each folder by its tag; those that the plan does not name stay. */
export const editShares = ({plan, root}: EditContext): DomainEdit => {
  const present = childrenNamed(childNamed(root, 'devices'), 'filesystem');
  return {
    children: plan.guest.shares.map(({dir, tag}): Wish => {
      const existing = present.find((one) => tagOf(one) === tag) ?? null;
      return {
        name: 'filesystem',
        existing,
        attributes: existing === null ? {type: 'mount', accessmode: 'passthrough'} : {},
        children: [
          {name: 'driver', attributes: {type: 'virtiofs'}},
          {name: 'source', attributes: {dir}},
          {name: 'target', attributes: {dir: tag}},
        ],
        order: ['driver', 'binary', 'source', 'target', 'readonly', 'alias', 'address'],
      };
    }),
    drops: [],
  };
};

/** virtiofsd reads and writes the memory of the guest itself; huge pages are shared where they are. */
export const sharedMemory = ({plan}: EditContext, existing: XmlElement | null): DomainEdit => {
  if (plan.guest.shares.length === 0) return nothing;
  const hasPages = plan.memory.hugepages !== null;
  const source: Wish = {
    name: 'source',
    existing: childNamed(existing, 'source'),
    attributes: {type: {value: 'memfd', accepts: (type) => type === 'memfd' || type === 'file'}},
  };
  const access: Wish = {name: 'access', existing: childNamed(existing, 'access'), attributes: {mode: 'shared'}};
  return {children: [...(hasPages ? [] : [source]), access], drops: []};
};
