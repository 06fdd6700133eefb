import type {GpuShare} from '../../facts/pci.ts';

/** `2048 MiB of video memory, 10 ms on the GPU at a stretch, priority low`; `null` where nothing is known. */
export const describeShare = ({
  execQuantumMs,
  preemptTimeoutUs,
  schedPriority,
  vramQuotaBytes,
}: GpuShare): string | null => {
  const parts = [
    ...(vramQuotaBytes === null
      ? []
      : [vramQuotaBytes === 0 ? 'no video memory yet' : `${Math.floor(vramQuotaBytes / 2 ** 20)} MiB of video memory`]),
    ...(execQuantumMs === null
      ? []
      : [execQuantumMs === 0 ? 'the GPU without a time limit' : `${execQuantumMs} ms on the GPU at a stretch`]),
    ...(preemptTimeoutUs === null || preemptTimeoutUs === 0 ? [] : [`${preemptTimeoutUs} µs to leave it`]),
    ...(schedPriority === null ? [] : [`priority ${schedPriority}`]),
  ];
  return parts.length === 0 ? null : parts.join(', ');
};
