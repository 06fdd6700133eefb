import {assemble, directory, type Entries, file, program} from './entries.ts';
import {laptopOptimus} from './laptop-optimus.ts';
import {mediatedEntries, type TypeSpec} from './mediated.ts';

const gpu = '/sys/devices/pci0000:00/0000:00:02.0';

/** As GVT-g describes a type, in five lines. */
const type = (version: string, available: number, description: string): TypeSpec => ({
  id: `i915-GVTg_${version}`,
  name: `GVTg_${version}`,
  description,
  available,
});

const rule = (event: string): string =>
  `${event}, TEST=="/etc/mdevctl.d/$kernel", RUN+="/bin/sh -c '{ /usr/sbin/mdevctl start-parent-mdevs %k 2>&3 | logger -t mdevctl; } 3>&1 1>&2 | logger -t mdevctl -p 2'"\n`;

/** The laptop with GVT-g on, and with an mdevctl whose rule looks for it in the wrong directory, as Debian's does. */
export const gvtLaptop = (machines: string): Entries =>
  assemble([
    laptopOptimus(machines).map((entry) =>
      entry.type === 'file'
        ? {...entry, text: entry.text.replaceAll('mem_sleep_default=deep', 'mem_sleep_default=deep i915.enable_gvt=1')}
        : entry,
    ),
    mediatedEntries('0000:00:02.0', gpu, [
      type('V5_4', 1, 'low_gm_size: 128MB\nhigh_gm_size: 512MB\nfence: 4\nresolution: 1920x1200\nweight: 4'),
      type('V5_8', 2, 'low_gm_size: 64MB\nhigh_gm_size: 384MB\nfence: 4\nresolution: 1024x768\nweight: 2'),
    ]),
    [
      directory('/sys/bus/mdev/devices'),
      program('/usr/bin/mdevctl'),
      file('/usr/lib/udev/rules.d/60-mdevctl.rules', rule('ACTION=="change", ENV{MDEV_STATE}=="registered"')),
    ],
  ]);
