import {oneLine} from '../../../artifacts/rendered.ts';
import {hasDamagedBlock, withOwnBlock, withoutOwnBlock} from '../../../formats/own-block.ts';

export type DeviceListText =
  | {readonly ok: true; readonly text: string}
  /** `no-default`: neither the list nor the comment with the default one is there. */
  | {readonly ok: false; readonly reason: 'marks' | 'not-a-list' | 'twice' | 'no-default'};

/**
 * qemu.conf with these devices in `cgroup_device_acl`: what a guest may open besides its disks, and all that its own /dev
 * has. A list that somebody made is extended. Else the default of this libvirt, which the file has as a comment and
 * which differs between versions, becomes a list between our two marks.
 */
export const editDeviceList = (text: string, devices: readonly string[], profile: string): DeviceListText => {
  if (hasDamagedBlock(text)) return {ok: false, reason: 'marks'};
  const foreign = withoutOwnBlock(text);
  const starts = [...foreign.matchAll(/^[ \t]*cgroup_device_acl[ \t]*=/gm)];
  const [start, second] = starts;
  if (devices.length === 0) return {ok: true, text: foreign};
  // The first one counts (libvirt: virConfGetValue), and nobody would see that.
  if (second !== undefined) return {ok: false, reason: 'twice'};
  if (start !== undefined) {
    const extended = extendList(foreign, start.index + start[0].length, devices);
    return extended === null ? {ok: false, reason: 'not-a-list'} : {ok: true, text: extended};
  }
  const commented = /^#[ \t]*cgroup_device_acl[ \t]*=[^\n]*\n(?:#(?![ \t]*\])[^\n]*\n)*?#[ \t]*\][^\n]*$/m.exec(
    foreign,
  )?.[0];
  if (commented === undefined) return {ok: false, reason: 'no-default'};
  const list = commented.replaceAll(/^#/gm, '');
  const made = extendList(list, list.indexOf('=') + 1, devices);
  return made === null
    ? {ok: false, reason: 'no-default'}
    : {ok: true, text: withOwnBlock(text, `${made}\n`, oneLine(profile))};
};

/** libvirt: src/util/virconf.c. Blanks and ends of lines stand between values and commas, and no comments. */
const listPattern = /\s*\[(?:\s*(?:"[^"\n]*"|'[^'\n]*')\s*,)*(?:\s*(?:"[^"\n]*"|'[^'\n]*'))?\s*\]/y;

/** The text with what is missing behind the last value, as the values before are written; `null` where it is no list. */
const extendList = (text: string, from: number, devices: readonly string[]): string | null => {
  listPattern.lastIndex = from;
  const list = listPattern.exec(text)?.[0];
  if (list === undefined) return null;
  const values = [...list.matchAll(/"([^"\n]*)"|'([^'\n]*)'/g)];
  const present = values.map(([, double, single]) => double ?? single ?? '');
  const missing = devices.filter((device) => !present.includes(device));
  if (missing.length === 0) return text;
  const last = values.at(-1);
  const end = from + (last === undefined ? list.indexOf('[') + 1 : last.index + last[0].length);
  const lineStart = text.lastIndexOf('\n', end - 1) + 1;
  const indentation = /^[ \t]*(?=["'])/.exec(text.slice(lineStart, end))?.[0];
  const between = indentation === undefined ? ' ' : `\n${indentation}`;
  const added = missing.map((device) => `"${device}"`).join(', ');
  return `${text.slice(0, end)}${last === undefined ? '' : `,${between}`}${added}${text.slice(end)}`;
};
