/** `alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau`, without the bus in front. */
export type ModuleAlias = {readonly pattern: string; readonly module: string};

/** The aliases of one bus out of `modules.alias` (1.5 MiB, most of it other buses). */
export const parsePciAliases = (text: string, bus: 'pci' | 'vfio_pci'): readonly ModuleAlias[] => {
  const prefix = `alias ${bus}:`;
  const aliases: ModuleAlias[] = [];
  for (let start = lineStartingWith(text, prefix, 0); start !== -1; start = lineStartingWith(text, prefix, start + 1)) {
    const newline = text.indexOf('\n', start);
    const line = text.slice(start + prefix.length, newline === -1 ? text.length : newline);
    const [pattern, module] = line.trim().split(/\s+/);
    if (pattern !== undefined && module !== undefined) aliases.push({pattern, module});
  }
  return aliases;
};

const lineStartingWith = (text: string, prefix: string, from: number): number => {
  if (from === 0 && text.startsWith(prefix)) return 0;
  const newline = text.indexOf(`\n${prefix}`, Math.max(0, from - 1));
  return newline === -1 ? -1 : newline + 1;
};

/** fnmatch with `*` and `?`; steps back to the last star only, so that no pattern of a stranger takes long. */
export const matchesGlob = (pattern: string, text: string): boolean => {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < text.length) {
    const sign = pattern.charAt(at);
    if (sign === '*') {
      star = at;
      resume = index;
      at += 1;
    } else if (sign === '?' || sign === text.charAt(index)) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  while (pattern.charAt(at) === '*') at += 1;
  return at === pattern.length;
};
