import {attributeOf, childNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import type {AssignedUsbDevice} from '../../../plan/plan.ts';
import {hostdevOrder} from './domain-values.ts';
import type {DomainEdit, EditContext} from './edit-context.ts';

/**
 * A USB device by its ids; without it the guest starts all the same. One that is meant by its port is not here: an
 * address of USB is new each time that something is plugged in, so that the guest gets it once it runs.
 */
export const editUsb = ({plan, root}: EditContext): DomainEdit => {
  const present = (childNamed(root, 'devices')?.children ?? []).filter(isUsb);
  const planned = plan.devices.flatMap(({assigned}) =>
    assigned.type === 'usb' && assigned.port === null ? [assigned] : [],
  );
  return {
    children: planned.map((device) => wishFor(device, present.find((one) => isOf(one, device)) ?? null)),
    drops: [],
  };
};

const isUsb = (device: XmlElement): boolean => device.name === 'hostdev' && attributeOf(device, 'type') === 'usb';

const idsOf = ({id}: AssignedUsbDevice): readonly [vendor: string, product: string] => {
  const [vendor = '', product = ''] = id.split(':');
  return [`0x${vendor}`, `0x${product}`];
};

const isOf = (device: XmlElement, planned: AssignedUsbDevice): boolean => {
  const source = childNamed(device, 'source');
  const [vendor, product] = ['vendor', 'product'].map((name) => attributeOf(childNamed(source, name), 'id'));
  const [wantedVendor, wantedProduct] = idsOf(planned);
  return vendor?.toLowerCase() === wantedVendor && product?.toLowerCase() === wantedProduct;
};

const wishFor = (device: AssignedUsbDevice, existing: XmlElement | null): Wish => {
  const [vendor, product] = idsOf(device);
  const attributes = {startupPolicy: 'optional'};
  return existing === null
    ? {
        name: 'hostdev',
        existing: null,
        attributes: {mode: 'subsystem', type: 'usb', managed: 'yes'},
        children: [
          {
            name: 'source',
            attributes,
            children: [
              {name: 'vendor', attributes: {id: vendor}},
              {name: 'product', attributes: {id: product}},
            ],
          },
        ],
        order: hostdevOrder,
      }
    : {name: 'hostdev', existing, children: [{name: 'source', attributes}]};
};
