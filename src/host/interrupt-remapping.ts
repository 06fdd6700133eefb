import type {Source} from '../system/source.ts';

/** x86 names only: on ARM the interrupt controllers isolate devices without a word such as this. */
const x86Chip = /^(?:IR-)?(?:IO-APIC|XT-PIC|PCI-MSI|HPET)/;

/**
 * Whether interrupts go through remapping, by the chips that serve them: `IR-IO-APIC`, `IR-PCI-MSI…` say so without
 * the kernel log. `null` when no chip can be read, or none is of x86.
 */
export const readInterruptRemapping = (source: Source): boolean | null => {
  const chips = chipsOf(source);
  let isX86 = false;
  for (const chip of chips) {
    if (chip.startsWith('IR-')) return true;
    isX86 ||= x86Chip.test(chip);
  }
  return isX86 ? false : null;
};

/** One at a time: the first few interrupts of a machine with remapping already tell. */
const chipsOf = function* (source: Source): Generator<string> {
  for (const number of source.list('/sys/kernel/irq')) yield source.text(`/sys/kernel/irq/${number}/chip_name`)?.trim() ?? '';
  for (const line of (source.text('/proc/interrupts') ?? '').split('\n')) yield chipOfLine(line);
};

/** ` 16:   0   49   IR-IO-APIC   16-fasteoi   i801_smbus`: counters for each CPU, then the chip. */
const chipOfLine = (line: string): string => {
  const [number = '', ...words] = line.trim().split(/\s+/);
  return /^\d+:$/.test(number) ? (words.find((word) => !/^\d+$/.test(word)) ?? '') : '';
};
