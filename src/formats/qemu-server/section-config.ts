/** A section of `/etc/pve/storage.cfg` or `ha/resources.cfg` (`PVE::SectionConfig`): `TYPE: NAME`, then indented `key value` lines. */
export type ConfigSection = {
  readonly type: string;
  readonly name: string;
  readonly options: ReadonlyMap<string, string>;
};

export const parseSectionConfig = (text: string): readonly ConfigSection[] => {
  const sections: {type: string; name: string; options: Map<string, string>}[] = [];
  for (const raw of text.split('\n')) {
    if (raw.trim() === '' || raw.startsWith('#')) continue;
    const [, type, name] = /^([a-z][a-z0-9_-]*):\s*(\S+)\s*$/i.exec(raw) ?? [];
    const [, key, value = ''] = /^\s+(\S+)(?:\s+(.*?))?\s*$/.exec(raw) ?? [];
    if (type !== undefined && name !== undefined) sections.push({type, name, options: new Map()});
    else if (key !== undefined) sections.at(-1)?.options.set(key, value);
  }
  return sections;
};
