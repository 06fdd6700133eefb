import {Document, isMap, isScalar, isSeq, type YAMLMap} from 'yaml';
import {type DeviceFormat, formatOf} from './device-format.ts';
import {profileKeys} from './keys.ts';
import type {WrittenProfile} from './profile.ts';
import {sectionOf} from './sections.ts';
import {sharesOf} from './shares.ts';

/** Names of devices by their identity (the address of a PCI function), for comments. */
export type DeviceNames = Readonly<Record<string, string>>;

const header = ` A profile of vfio-pilot: what a guest gets and how the host is set up for it.
 What is not here has its default; \`vfio-pilot profile schema\` lists every key.
 See what it would change:  vfio-pilot plan FILE
 Apply it:                  sudo vfio-pilot apply FILE`;

/** The file for a profile: required keys and what differs from the default, in one order. Decoding it gives the same profile. */
export const encodeProfile = (
  profile: WrittenProfile,
  names: DeviceNames,
  formats: readonly DeviceFormat[],
): string => {
  const identities = profile.devices.map((device) => formatOf(formats, device.kind).identity(device));
  const document = new Document(profileValue(profile, formats), {schema: 'failsafe'});
  document.commentBefore = header;
  if (isMap(document.contents)) {
    addNames(document.contents, identities, names);
    for (const item of document.contents.items.slice(1)) spaceBefore(item.key, item.value);
  }
  return layOut(document);
};

/** Maps, lists and texts of what differs from the default. */
export const profileValue = (
  profile: WrittenProfile,
  formats: readonly DeviceFormat[],
): Readonly<Record<string, unknown>> => {
  const needsSecond =
    sharesOf(profile).length > 0 || profile.devices.some((device) => formatOf(formats, device.kind).version === 2);
  const version = needsSecond ? 2 : profile.version;
  // A name is never left to the file's name: it identifies the profile in the journal.
  return sectionOf(profileKeys('', formats), () => null).encode({...profile, version}) as Readonly<
    Record<string, unknown>
  >;
};

export const layOut = (document: Document): string => {
  if (isMap(document.contents)) shortListsInline(document.contents);
  return document.toString({lineWidth: 0, flowCollectionPadding: false});
};

/** Numbers and addresses in brackets on one line; devices and sections stay blocks. */
const shortListsInline = (map: YAMLMap): void => {
  for (const {value} of map.items) {
    if (isMap(value)) shortListsInline(value);
    if (!isSeq(value)) continue;
    value.flow = value.items.every((item) => isScalar(item));
    for (const item of value.items) if (isMap(item)) shortListsInline(item);
  }
};

const addNames = (map: YAMLMap, identities: readonly string[], names: DeviceNames): void => {
  const devices = map.get('devices');
  if (!isSeq(devices)) return;
  devices.items.forEach((item, index) => {
    const identity = identities[index] ?? '';
    const name = Object.hasOwn(names, identity) ? names[identity] : undefined;
    if (name !== undefined && isMap(item))
      item.commentBefore = ` ${name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')}`;
  });
};

const spaceBefore = (key: unknown, value: unknown): void => {
  if (isScalar(key) && (isMap(value) || isSeq(value))) key.spaceBefore = true;
};
