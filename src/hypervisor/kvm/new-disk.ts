import type {Rendered} from '../../artifacts/rendered.ts';
import type {Plan} from '../../plan/plan.ts';
import {kvmPlanOf} from './kvm-plan.ts';

/**
 * Like a pool of libvirt of its own (Debian: /var/lib/libvirt/images is 0711): QEMU passes through, and nobody lists it.
 */
const directoryMode = 0o711;

/** The disk of a new guest, where there is none. */
export const renderNewDisk = (planned: Plan): Rendered => {
  const {guest} = kvmPlanOf(planned);
  const {newDisk, disk, diskFormat} = guest;
  if (newDisk === null) return {artifacts: [], findings: []};
  const options = [
    // The tables of the whole size, so that a guest that fills its disk does not wait for them; its data takes no room yet.
    ...(diskFormat === 'qcow2' ? ['preallocation=metadata'] : []),
    ...(newDisk.isNoCow ? ['nocow=on'] : []),
  ];
  return {
    artifacts: [
      {
        kind: 'created',
        path: disk,
        argv: [
          '/usr/bin/qemu-img',
          'create',
          '-q',
          '-f',
          diskFormat,
          ...(options.length === 0 ? [] : ['-o', options.join(',')]),
          '{output}',
          `${newDisk.sizeMiB}M`,
        ],
        directoryMode,
        bytes: metadataBytes(diskFormat, newDisk.sizeMiB),
        triggers: [],
        timeoutSeconds: 600,
        why: [
          'nothing is there yet: it is made next to its place and then gets its name, which never takes the place of another file',
          'a rollback removes it, unless something has used it by then',
          ...(newDisk.isNoCow
            ? ['it is on btrfs, where copy-on-write splits a disk image into ever more pieces (nocow=on)']
            : []),
        ],
      },
    ],
    findings: [],
  };
};

/** Of clusters of 64 KiB: 8 bytes in a table for each, and 2 for the count of its uses (QEMU: docs/interop/qcow2.txt); 1 MiB for the rest. */
const metadataBytes = (format: 'qcow2' | 'raw', sizeMiB: number): number =>
  (format === 'qcow2' ? sizeMiB * 16 * 10 : 0) + 1024 * 1024;
