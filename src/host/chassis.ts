import type {Source} from '../system/source.ts';

/** SMBIOS 7.4.1: portable, laptop, notebook, hand-held, sub-notebook, tablet, convertible, detachable. */
const portable = new Set(['8', '9', '10', '11', '14', '30', '31', '32']);

/** Whether it is a computer to carry around; `null` where the firmware says nothing, or "other" and "unknown" (1 and 2). */
export const readIsPortable = (source: Source): boolean | null => {
  const type = source.text('/sys/class/dmi/id/chassis_type')?.trim() ?? '';
  return /^\d+$/.test(type) && type !== '1' && type !== '2' ? portable.has(type) : null;
};
