import {parsePropertyString} from '../../../formats/qemu-server/config.ts';

/** A property and its value; `null`: it goes. */
export type Property = readonly [name: string, value: string | null];

/**
 * A property string with these, and with everything else that the line has, in its order. `defaultKey` comes first and
 * without its name, as Proxmox prints it.
 */
export const editProperties = (present: string | null, defaultKey: string, wanted: readonly Property[]): string => {
  const properties = new Map(parsePropertyString(present ?? '', defaultKey) ?? []);
  for (const [name, value] of wanted)
    if (value === null) properties.delete(name);
    else if (!isSame(properties.get(name), value)) properties.set(name, value);
  const first = properties.get(defaultKey);
  const rest = [...properties].filter(([name]) => name !== defaultKey).map(([name, value]) => `${name}=${value}`);
  const edited = [...(first === undefined ? [] : [first]), ...rest].join(',');
  return isSameText(present, defaultKey, properties) ? (present ?? edited) : edited;
};

/** Proxmox takes several words for true and false (`PVE::JSONSchema::parse_boolean`). */
const isSame = (present: string | undefined, value: string): boolean =>
  present === value ||
  (value === '1' && /^(?:on|yes|true)$/i.test(present ?? '')) ||
  (value === '0' && /^(?:off|no|false)$/i.test(present ?? ''));

/** Another order, or another way to write the same, is no reason to touch the line. */
const isSameText = (present: string | null, defaultKey: string, properties: ReadonlyMap<string, string>): boolean => {
  const before = present === null ? null : parsePropertyString(present, defaultKey);
  return (
    before !== null &&
    before.size === properties.size &&
    [...properties].every(([name, value]) => before.get(name) === value)
  );
};
