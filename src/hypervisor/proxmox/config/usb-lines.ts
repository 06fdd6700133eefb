import {type ConfigLine, parsePropertyString} from '../../../formats/qemu-server/config.ts';
import type {ProxmoxPlan} from '../proxmox-facts.ts';

/** Every machine type has these; newer ones have more (Proxmox VE: qm.conf(5)). */
const keys = Array.from({length: 5}, (_, index) => `usb${index}`);

/** `usb0: host=046d:c21f`, or `host=1-4.2` for a port. QEMU takes the device in whenever it is there. */
export const usbLines = (
  {devices}: ProxmoxPlan,
  present: readonly ConfigLine[],
): {readonly lines: ReadonlyMap<string, string>; readonly isFull: boolean} => {
  const lines = new Map<string, string>();
  let isFull = false;
  for (const {assigned} of devices) {
    if (assigned.type !== 'usb') continue;
    const host = assigned.port ?? assigned.id;
    const had = present.find(({key, value}) => keys.includes(key) && hostOf(value) === host);
    const key = had?.key ?? keys.find((one) => !lines.has(one) && !present.some((line) => line.key === one));
    if (key === undefined) isFull = true;
    else lines.set(key, had?.value ?? `host=${host}`);
  }
  return {lines, isFull};
};

const hostOf = (value: string): string | null => parsePropertyString(value, 'host')?.get('host')?.toLowerCase() ?? null;
