/** One entry of the grub.cfg of XCP-ng, which is no output of another file: what Xen and the kernel of dom0 get. */
export type XenMenuEntry = {
  readonly title: string;
  readonly hypervisor: string;
  readonly kernel: string;
};

const start = /^\s*menuentry\s+(?:'([^']*)'|"([^"]*)")/;
const line = (command: string): RegExp => new RegExp(`^\\s*${command}\\s+\\S+(.*)$`);
const xenLine = line('multiboot2?');
const moduleLine = line('module2?');

/** Entries that start Xen, in their order: `multiboot2 XEN …`, then `module2 KERNEL …` and `module2 INITRD`. */
export const parseXenMenu = (text: string): readonly XenMenuEntry[] => {
  const entries: {title: string; hypervisor: string | null; kernel: string | null}[] = [];
  for (const one of text.split('\n')) {
    const [found, single, double] = start.exec(one) ?? [];
    if (found !== undefined) entries.push({title: single ?? double ?? '', hypervisor: null, kernel: null});
    const entry = entries.at(-1);
    if (entry === undefined) continue;
    entry.hypervisor ??= xenLine.exec(one)?.[1]?.trim() ?? null;
    entry.kernel ??= moduleLine.exec(one)?.[1]?.trim() ?? null;
  }
  return entries.flatMap(({title, hypervisor, kernel}) =>
    hypervisor === null || kernel === null ? [] : [{title, hypervisor, kernel}],
  );
};

/** The same entries with nothing else in them. */
export const renderXenMenu = (entries: readonly XenMenuEntry[]): string =>
  entries
    .map(
      ({title, hypervisor, kernel}) =>
        `menuentry '${title}' {\n\tmultiboot2 /boot/xen.gz ${hypervisor}\n\tmodule2 /boot/vmlinuz ${kernel}\n}\n`,
    )
    .join('');
