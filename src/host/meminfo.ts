/** Lines `MemTotal: 24737184 kB` of /proc/meminfo, or `Node 0 MemTotal: …` of a node's; KiB by name. */
export const parseMeminfo = (text: string): ReadonlyMap<string, number> => {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, digits] = /^(?:Node\s+\d+\s+)?(\w+):\s+(\d{1,15}) kB\s*$/.exec(line) ?? [];
    if (name !== undefined && digits !== undefined) values.set(name, Number(digits));
  }
  return values;
};
