import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {readMediated} from '../../src/host/mediated/mediated.ts';
import {vramMiBOf} from '../../src/host/mediated/vram.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {writeTree} from '../support/write-tree.ts';

describe('the video memory of a type', () => {
  it.each([
    [
      'GRID RTX6000-1Q',
      'num_heads=4, frl_config=60, framebuffer=1024M, max_resolution=5120x2880, max_instance=24',
      1024,
    ],
    ['GVTg_V5_4', 'low_gm_size: 128MB\nhigh_gm_size: 512MB\nfence: 4\nresolution: 1920x1200\nweight: 4', 512],
    ['mbochs-medium', 'virtual display, 16 MB video memory', 16],
    ['Single port serial', null, null],
    ['NVIDIA L40S-12Q', null, 12_288],
    ['GRID A100-1-5C', null, 5120],
    ['GRID A100D-1-10CME', null, 10_240],
    ['GRID P40-1B4', null, 1024],
    ['GRID M60-0Q', null, 512],
    ['NVIDIA H200X-141C', null, 144_384],
    ['some-12X', null, null],
    [null, 'low_gm_size: 128MB', null],
  ])('%s, %s: %s MiB', (name, description, size) => expect(vramMiBOf(name, description)).toBe(size));
});

describe('mediated devices', () => {
  it('are read of the laptop, with the rule that starts nothing', () => {
    const root = unpackHost('gvt-laptop');
    expect(readMediated(openSource(root, null))).toMatchObject({
      parents: [
        {
          name: '0000:00:02.0',
          address: '0000:00:02.0',
          driver: 'i915',
          types: [
            {id: 'i915-GVTg_V5_4', name: 'GVTg_V5_4', vramMiB: 512, available: 1, api: 'vfio-pci'},
            {id: 'i915-GVTg_V5_8', vramMiB: 384, available: 2},
          ],
        },
      ],
      devices: [],
      autostart: {rule: '/usr/lib/udev/rules.d/60-mdevctl.rules', program: '/usr/sbin/mdevctl', isThere: false},
    });
    writeFileSync(join(root, 'usr/sbin/mdevctl'), '');
    expect(readMediated(openSource(root, null)).autostart?.isThere).toBe(true);
  });

  it('are read of NVIDIA’s cards: of the card itself, and from Ampere on of each virtual function', () => {
    const read = (name: string) => readMediated(openSource(unpackHost(name), null));
    const turing = read('turing-server');
    expect(turing.devices).toEqual([
      {uuid: '7d3f1c2a-5b6e-4f70-8a91-0123456789ab', parent: '0000:81:00.0', type: 'nvidia-257'},
    ]);
    expect(turing.parents[0]?.types.map(({name, vramMiB, available}) => [name, vramMiB, available])).toEqual([
      ['GRID RTX6000-1Q', 1024, 0],
      ['GRID RTX6000-2Q', 2048, 11],
      ['GRID RTX6000-3Q', 3072, 0],
    ]);
    const ampere = read('ampere-server');
    expect(ampere.parents.map(({name}) => name)).toContain('0000:81:02.3');
    expect(ampere.parents).toHaveLength(16);
    expect(ampere.devices).toMatchObject([{parent: '0000:81:00.4', type: 'nvidia-525'}]);
  });

  it('are read of a parent that is no PCI function, and what is missing is unknown', () => {
    const uuid = '11111111-2222-4333-8444-000000000001';
    const own = 'sys/devices/virtual/mtty/mtty';
    const root = writeTree({
      [`${own}/mdev_supported_types/mtty-1/create`]: '',
      [`${own}/${uuid}/remove`]: '',
      'sys/class/mdev_bus/': '',
      'sys/bus/mdev/devices/': '',
    });
    const link = (path: string, target: string): void => {
      mkdirSync(dirname(join(root, path)), {recursive: true});
      symlinkSync(target, join(root, path));
    };
    link('sys/class/mdev_bus/mtty', '../../devices/virtual/mtty/mtty');
    link(`sys/bus/mdev/devices/${uuid}`, `../../../devices/virtual/mtty/mtty/${uuid}`);
    link(`${own}/${uuid}/mdev_type`, '../mdev_supported_types/mtty-1');
    link('sys/bus/mdev/devices/no-uuid', '../../../devices/virtual/mtty/mtty');
    expect(readMediated(openSource(root, null))).toEqual({
      parents: [
        {
          name: 'mtty',
          address: null,
          driver: null,
          numaNode: null,
          types: [{id: 'mtty-1', name: null, description: null, vramMiB: null, available: null, api: null}],
        },
      ],
      devices: [{uuid, parent: 'mtty', type: 'mtty-1'}],
      autostart: null,
    });
  });

  it('are none of a host without any', () => {
    expect(readMediated(openSource(unpackHost('laptop-optimus'), null))).toEqual({
      parents: [],
      devices: [],
      autostart: null,
    });
  });
});
