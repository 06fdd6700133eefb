import type {UsbClass, UsbDevice} from '../../facts/usb.ts';
import type {Source} from '../../system/source.ts';
import {pciAddressesOf} from '../pci/pci-function.ts';

const directory = '/sys/bus/usb/devices';
const hub = '09';

/** What is plugged in. */
export const readUsb = (source: Source): readonly UsbDevice[] => {
  const names = source.list(directory);
  const ports = names.filter((name) => /^\d{1,3}-\d{1,3}(?:\.\d{1,3}){0,6}$/.test(name));
  if (ports.length === 0) return [];
  const below = [...devicesIn(source, 'block'), ...devicesIn(source, 'net')];
  return ports.flatMap((port): readonly UsbDevice[] => {
    const text = (file: string): string | null => source.text(`${directory}/${port}/${file}`)?.trim() ?? null;
    const [vendor, product] = [text('idVendor'), text('idProduct')];
    if (!isId(vendor) || !isId(product) || text('bDeviceClass') === hub) return [];
    const place = source.resolve(`${directory}/${port}`) ?? '';
    const own = below.filter(({path}) => path.startsWith(`${place}/`));
    const words = [text('manufacturer'), text('product')].filter((word) => word !== null && word !== '');
    return [
      {
        port,
        id: `${vendor}:${product}`,
        name: words.length === 0 ? null : words.join(' '),
        controller: pciAddressesOf(place).at(-1) ?? null,
        isKeyboard: names.some((name) => name.startsWith(`${port}:`) && isKeyboard(source, name)),
        disks: own.flatMap(({kind, name}) => (kind === 'block' ? [name] : [])),
        interfaces: own.flatMap(({kind, name}) => (kind === 'net' ? [name] : [])),
        release: isId(text('bcdDevice')) ? text('bcdDevice') : null,
        classes: classesOf(
          source,
          names.filter((name) => name.startsWith(`${port}:`)),
        ),
      },
    ];
  });
};

const isId = (text: string | null): boolean => text !== null && /^[0-9a-f]{4}$/.test(text);

/** USB: HID is class 3, and a keyboard that the firmware can use protocol 1. */
const isKeyboard = (source: Source, name: string): boolean =>
  source.text(`${directory}/${name}/bInterfaceClass`)?.trim() === '03' &&
  source.text(`${directory}/${name}/bInterfaceProtocol`)?.trim() === '01';

/** All of them or none: a capture of an older version lacks a part of each. */
const classesOf = (source: Source, names: readonly string[]): readonly UsbClass[] | null => {
  const found = names.map((name) => {
    const text = (file: string): string => source.text(`${directory}/${name}/bInterface${file}`)?.trim() ?? '';
    return {class: text('Class'), subclass: text('SubClass'), protocol: text('Protocol')};
  });
  const isKnown = found.every((one) => Object.values(one).every((digits) => /^[0-9a-f]{2}$/.test(digits)));
  return isKnown ? found.filter((one) => one.class !== hub) : null;
};

type Made = {readonly kind: 'block' | 'net'; readonly name: string; readonly path: string};

const devicesIn = (source: Source, kind: Made['kind']): readonly Made[] =>
  source
    .list(`/sys/class/${kind}`)
    .map((name) => ({kind, name, path: source.resolve(`/sys/class/${kind}/${name}`) ?? ''}));
