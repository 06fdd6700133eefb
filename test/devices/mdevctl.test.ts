import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {definitionPath, definitionText} from '../../src/devices/mediated-device/definition.ts';
import {readMediated} from '../../src/host/mediated/mediated.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';

const isHere = process.getuid?.() === 0 && existsSync('/usr/bin/mdevctl');
const uuid = '11111111-2222-4333-8444-555555555555';

/** Folders that mdevctl 1.2.0 refuses to be without. */
const prepare = (root: string): void => {
  for (const folder of ['callouts', 'notifiers'])
    mkdirSync(join(root, 'etc/mdevctl.d/scripts.d', folder), {recursive: true});
  for (const folder of ['usr', 'sys/class/mdev_bus', 'sys/bus/mdev/devices'])
    mkdirSync(join(root, folder), {recursive: true});
  for (const name of ['bin', 'lib', 'lib64'])
    if (!existsSync(join(root, name))) symlinkSync(`usr/${name}`, join(root, name));
};

/** 1.2.0 takes no other root by itself: it runs in a name space of its own, with the programs of this machine. */
const inside = (root: string, ...argv: readonly string[]): string =>
  execFileSync(
    'unshare',
    ['-m', 'sh', '-c', 'mount --bind /usr "$1/usr" && shift && exec chroot "$@"', 'sh', root, root, 'mdevctl', ...argv],
    {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000},
  );

const withRoot = <Result>(use: (root: string) => Result): Result => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-mdevctl-'));
  try {
    prepare(root);
    return use(root);
  } finally {
    rmSync(root, {recursive: true});
  }
};

type Types = Readonly<
  Record<string, {readonly available_instances: number; readonly device_api: string; readonly name?: string}>
>;

describe.skipIf(!isHere)('mdevctl itself (needs root; skipped where it is not installed)', () => {
  it.each([
    ['0000:00:02.0', 'i915-GVTg_V5_4', []],
    [
      'mbochs',
      'mbochs-medium',
      [
        {name: 'edid', value: 'x y"z\\q/'},
        {name: 'nvidia/vgpu_params', value: 'frame_rate_limiter=0'},
      ],
    ],
  ] as const)('writes for a slice of %s what is written here, to the byte', (parent, type, attributes) =>
    withRoot((root) => {
      inside(root, 'define', '-u', uuid, '-p', parent, '-t', type, '-a');
      for (const {name, value} of attributes)
        inside(root, 'modify', '-u', uuid, '-p', parent, '--addattr', name, '--value', value);
      expect(readFileSync(join(root, definitionPath(parent, uuid)), 'utf8')).toBe(definitionText(type, attributes));
    }),
  );

  it('reads what is written here', () =>
    withRoot((root) => {
      const path = join(root, definitionPath('mtty', uuid));
      mkdirSync(dirname(path), {recursive: true});
      writeFileSync(path, definitionText('mtty-2', [{name: 'speed', value: '9600'}]));
      expect(JSON.parse(inside(root, 'list', '--defined', '--dumpjson'))).toEqual([
        {mtty: [{[uuid]: {mdev_type: 'mtty-2', start: 'auto', attrs: [{speed: '9600'}]}}]},
      ]);
    }));

  it.each(['gvt-laptop', 'turing-server', 'ampere-server', 'mediated-lab'])(
    'finds the parents, types and instances that are read here of the host %s',
    (name) => {
      const root = unpackHost(name);
      const {parents, devices} = readMediated(openSource(root, null));
      prepare(root);
      const told = JSON.parse(inside(root, 'types', '--dumpjson')) as readonly Readonly<
        Record<string, readonly Types[]>
      >[];
      const types = told
        .flatMap((one) => Object.entries(one))
        .flatMap(([parent, list]) =>
          list.flatMap((one) =>
            Object.entries(one).map(([id, type]) => [parent, id, type.available_instances, type.device_api].join(' ')),
          ),
        );
      expect(types.toSorted()).toEqual(
        parents
          .flatMap((parent) => parent.types.map(({id, available, api}) => [parent.name, id, available, api].join(' ')))
          .toSorted(),
      );
      expect(
        inside(root, 'list')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.split(' ').slice(0, 3).join(' ')),
      ).toEqual(devices.map((one) => [one.uuid, one.parent, one.type].join(' ')));
    },
  );
});
