import {dualSocketServer, part} from './dual-socket.ts';
import {assemble, type Entries, file, program} from './entries.ts';
import {ubuntuNoble} from './kernels.ts';
import type {PciSpec} from './pci.ts';

const slot = {below: '80:02.0', subsystem: '10de:1851', revision: 0xa1, driver: 'nvidia'} as const;
const offset = 4;
const total = 48;
/** The first two are vGPUs; there is room for two more, of the same size only. */
const made = 2;
const type = {id: 1151, name: 'NVIDIA L40S-12Q'};

const gpu: PciSpec = part('81:00.0', '030200', '10de:26b9', 2, 1, {
  ...slot,
  resets: 'flr bus',
  sriov: {total, offset, stride: 1, device: '26b9'},
});

/** NVIDIA's program makes all of them at once. */
const virtualFunctions = Array.from({length: total}, (_, index): PciSpec => {
  const number = offset + index;
  const at = `81:${Math.floor(number / 8)
    .toString(16)
    .padStart(2, '0')}.${number % 8}`;
  return part(at, '030200', '10de:26b9', 20 + index, 1, {
    ...slot,
    resets: 'flr',
    physical: {at: '81:00.0', index},
    vgpu:
      index < made
        ? {current: type.id, creatable: []}
        : {current: 0, creatable: [`${String(type.id).padEnd(5)} : ${type.name}`]},
  });
});

const modules = ['nvidia', 'nvidia-vgpu-vfio'].map((name) => `updates/dkms/${name}`);

/** The dual-socket server with an L40S, and the host driver of NVIDIA's vGPU 17 on a kernel without its mediated devices. */
export const l40sServer = (machines: string): Entries =>
  assemble([
    dualSocketServer({
      machines,
      card: [gpu, ...virtualFunctions],
      cardDisplay: [],
      software: {
        ...ubuntuNoble,
        modules: [...ubuntuNoble.modules, ...modules],
        packages: {...ubuntuNoble.packages, 'grub-efi-amd64': '2.12-1ubuntu7.3', swtpm: '0.7.3-0ubuntu5.24.04.1'},
      },
      loaded: ['nvidia_vgpu_vfio', 'nvidia'],
      names: '\t26b9  AD102GL [L40S]\n',
    }),
    [
      program('/usr/lib/nvidia/sriov-manage'),
      program('/usr/bin/nvidia-smi'),
      file(
        '/usr/lib/systemd/system/nvidia-vgpud.service',
        '[Service]\nType=forking\nExecStart=/usr/bin/nvidia-vgpud\n',
      ),
      file(
        '/usr/lib/systemd/system/nvidia-vgpu-mgr.service',
        '[Service]\nType=forking\nExecStart=/usr/bin/nvidia-vgpu-mgr\n',
      ),
    ],
  ]);
