import type {KernelLog} from '../../facts/kernel.ts';
import type {Source} from '../../system/source.ts';

/** `Unknown kernel command line parameters "vfio-pci-ids=10de:1c81 splash", will be passed to user space.` (kernel: init/main.c, since 5.14) */
const unknownArguments = /Unknown kernel command line parameters "(.*)", will be passed to user space/;

/** kernel: amd/init.c, intel/iommu.c "Unknown option", kernel/params.c "unknown parameter … ignored", mm/hugetlb.c "HugeTLB: …" */
const complaints = [
  /\b(?:AMD-Vi|DMAR|Intel-IOMMU|intel_iommu)\b.*Unknown option/i,
  /unknown parameter '.*' ignored/,
  /HugeTLB: .*(?:invalid|unsupported|ignor|specified twice)/i,
];

/** The log of this boot, as far as it tells of arguments; under another root the copy that some systems keep. */
export const readKernelLog = (source: Source): KernelLog | null => {
  const text = source.isLive ? source.run('dmesg', ['--notime']) : source.text('/var/log/dmesg');
  if (text === null || !isWhole(text)) return null;
  const lines = text.split('\n');
  return {
    unknownArguments: lines
      .flatMap((line) => unknownArguments.exec(line)?.[1]?.split(' ') ?? [])
      .filter((token) => token !== ''),
    complaints: lines.filter((line) => complaints.some((pattern) => pattern.test(line))).map((line) => line.trim()),
  };
};

/** After days the kernel's buffer has lost its beginning, which has the version and what the kernel says of its arguments. */
const isWhole = (text: string): boolean => text.includes('Linux version ');
