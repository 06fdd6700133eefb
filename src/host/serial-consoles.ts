import type {Source} from '../system/source.ts';
import {pciAddressesOf, realDevicePath} from './device-path.ts';
import type {HostNeed} from './facts.ts';

/** Serial lines that `console=` or the running kernel uses: on a plug-in card, or serial over LAN of the chipset. */
export const readSerialNeeds = (source: Source): readonly HostNeed[] => {
  const asked = [...(source.text('/proc/cmdline') ?? '').matchAll(/(?:^|\s)console=(tty[A-Z]\w*)/g)].map(([, name = '']) => name);
  const active = (source.text('/sys/class/tty/console/active') ?? '').split(/\s+/).filter((name) => /^tty[A-Z]/.test(name));
  return [...new Set([...asked, ...active])].flatMap((name): readonly HostNeed[] => {
    const address = pciAddressesOf(realDevicePath(source, `/sys/class/tty/${name}/device`) ?? '').at(-1);
    return address === undefined ? [] : [{address, kind: 'console', chain: `serial console → ${name} → ${address}`}];
  });
};
