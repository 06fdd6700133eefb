import {dualSocketServer, part} from './dual-socket.ts';
import {assemble, type Entries, file, program} from './entries.ts';
import {debianBookworm} from './kernels.ts';
import {mediatedEntries, nvidiaType, type SliceSpec} from './mediated.ts';
import {pathOf, type PciSpec} from './pci.ts';

const bridge: PciSpec = part('80:02.0', '060400', '8086:2030', 1, 1);
const software = {
  ...debianBookworm,
  modules: [...debianBookworm.modules, 'updates/dkms/nvidia', 'updates/dkms/nvidia-vgpu-vfio'],
  packages: {...debianBookworm.packages, 'grub-efi-amd64': '2.06-13+deb12u1', swtpm: '0.7.1-1.3'},
};

/** The dual-socket server with a card of NVIDIA and its host driver of vGPU 16, on a kernel that has its mediated devices. */
const server = (machines: string, card: readonly PciSpec[], names: string, slices: Entries): Entries =>
  assemble([
    dualSocketServer({machines, card, cardDisplay: [], software, loaded: ['nvidia_vgpu_vfio', 'nvidia'], names}),
    slices,
    [
      program('/usr/lib/nvidia/sriov-manage'),
      program('/usr/bin/nvidia-smi'),
      ...['nvidia-vgpud', 'nvidia-vgpu-mgr'].map((name) =>
        file(`/usr/lib/systemd/system/${name}.service`, `[Service]\nType=forking\nExecStart=/usr/bin/${name}\n`),
      ),
    ],
  ]);

const gpu = {below: '80:02.0', revision: 0xa1, driver: 'nvidia', subsystem: '10de:12ba', resets: 'bus'} as const;
const slice: SliceSpec = {uuid: '7d3f1c2a-5b6e-4f70-8a91-0123456789ab', type: 'nvidia-257'};

/** One 2Q is there, so that no other size can be made. */
export const turingServer = (machines: string): Entries => {
  const card = part('81:00.0', '030000', '10de:1e30', 2, 1, gpu);
  const types = [
    nvidiaType(256, 'GRID RTX6000-1Q', {mebibytes: 1024, most: 24, available: 0}),
    nvidiaType(257, 'GRID RTX6000-2Q', {mebibytes: 2048, most: 12, available: 11}),
    nvidiaType(258, 'GRID RTX6000-3Q', {mebibytes: 3072, most: 8, available: 0}),
  ];
  const base = pathOf(card.at, [bridge, card]);
  return server(
    machines,
    [card],
    '\t1e30  TU102GL [Quadro RTX 6000/8000]\n',
    mediatedEntries('0000:81:00.0', base, types, [slice]),
  );
};

const total = 16;
const offset = 4;

/** Each virtual function is a parent of its own, with one slice at most; the first has a 2Q. */
export const ampereServer = (machines: string): Entries => {
  const card = part('81:00.0', '030200', '10de:2230', 2, 1, {
    ...gpu,
    resets: 'flr bus',
    sriov: {total, offset, stride: 1, device: '2230'},
  });
  const functions = Array.from({length: total}, (_, index): PciSpec => {
    const number = offset + index;
    const at = `81:${Math.floor(number / 8)
      .toString(16)
      .padStart(2, '0')}.${number % 8}`;
    return part(at, '030200', '10de:2230', 20 + index, 1, {
      ...gpu,
      resets: 'flr',
      physical: {at: card.at, index},
    });
  });
  const entries = functions.flatMap(({at}, index) =>
    mediatedEntries(
      `0000:${at}`,
      pathOf(at, [bridge, card, ...functions]),
      [
        nvidiaType(524, 'NVIDIA RTXA6000-1Q', {mebibytes: 1024, most: 1, available: 0}),
        nvidiaType(525, 'NVIDIA RTXA6000-2Q', {mebibytes: 2048, most: 1, available: index === 0 ? 0 : 1}),
        nvidiaType(528, 'NVIDIA RTXA6000-4Q', {mebibytes: 4096, most: 1, available: 0}),
      ],
      index === 0 ? [{...slice, type: 'nvidia-525'}] : [],
    ),
  );
  return server(machines, [card, ...functions], '\t2230  GA102GL [RTX A6000]\n', entries);
};
