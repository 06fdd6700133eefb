import {assemble, directory, type Entries, file, program} from './entries.ts';
import {laptopOptimus} from './laptop-optimus.ts';
import {mediatedEntries, type TypeSpec} from './mediated.ts';

const mbochs = (size: string, mebibytes: number): TypeSpec => ({
  id: `mbochs-${size}`,
  name: `mbochs-${size}`,
  description: `virtual display, ${mebibytes} MB video memory`,
  available: 256 / mebibytes,
});

const mtty = (ports: number, name: string): TypeSpec => ({id: `mtty-${ports}`, name, available: 24 / ports});

/** The laptop with parents that are no PCI functions: the kernel's two samples, and one as s390 has it. */
export const mediatedLab = (machines: string): Entries =>
  assemble([
    laptopOptimus(machines),
    mediatedEntries('mbochs', '/sys/devices/virtual/mbochs/mbochs', [
      mbochs('large', 64),
      mbochs('medium', 16),
      mbochs('small', 4),
    ]),
    mediatedEntries('mtty', '/sys/devices/virtual/mtty/mtty', [
      mtty(1, 'Single port serial'),
      mtty(2, 'Dual port serial'),
    ]),
    mediatedEntries('matrix', '/sys/devices/vfio_ap/matrix', [
      {id: 'vfio_ap-passthrough', name: 'VFIO AP Passthrough Device', available: 65_536, api: 'vfio-ap'},
    ]),
    [
      directory('/sys/bus/mdev/devices'),
      program('/usr/bin/mdevctl'),
      file(
        '/usr/lib/udev/rules.d/60-mdevctl.rules',
        `ACTION=="change", ENV{MDEV_STATE}=="registered", TEST=="/etc/mdevctl.d/$kernel", RUN+="/bin/sh -c '/usr/sbin/mdevctl start-parent-mdevs %k'"\n`,
      ),
    ],
  ]);
