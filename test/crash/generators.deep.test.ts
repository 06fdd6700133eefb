import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {bundleDriver} from '../support/bundle-driver.ts';
import {figure} from '../figures/figure.ts';
import {deepOrNight} from '../support/sizes.ts';

const kills = deepOrNight(12, 200);
const overlay =
  'mkdir -p "$1/layer"; mount -t tmpfs none "$1/layer"; mkdir "$1/layer/up" "$1/layer/work"; mount -t overlay -o "lowerdir=/usr/bin,upperdir=$1/layer/up,workdir=$1/layer/work" none /usr/bin';
const isRoot = process.geteuid?.() === 0;
const canMount =
  isRoot &&
  spawnSync('unshare', ['-m', 'sh', '-ec', `mount -t tmpfs none /mnt; ${overlay}`, 'sh', '/mnt']).status === 0;

describe.skipIf(!canMount)('a program that makes a boot image (needs root, mount namespaces and overlays)', () => {
  it('or the run that started it, killed at any time, leaves the image as it was', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-generator-'));
    try {
      const driver = join(directory, 'driver.mjs');
      await bundleDriver(join(import.meta.dirname, 'generator-driver.ts'), driver);
      mkdirSync(join(directory, 'lib'));
      const script = `mount --bind "$1/lib" /var/lib; mount -t tmpfs none /run; ${overlay}; install -m 755 "$4" /usr/bin/slow-generator; exec "$2" "$3" "$1" all "$5"`;
      const output = execFileSync(
        'unshare',
        [
          '-m',
          'sh',
          '-ec',
          script,
          'sh',
          directory,
          process.execPath,
          driver,
          join(import.meta.dirname, 'slow-generator.sh'),
          String(kills),
        ],
        {encoding: 'utf8'},
      );
      const {faults, isInPlaceCaught} = JSON.parse(output) as {
        readonly faults: readonly string[];
        readonly isInPlaceCaught: boolean;
      };
      figure('A7', `${kills}/${kills} old and valid`, `${kills - faults.length}/${kills} old and valid`);
      expect(faults).toEqual([]);
      expect(isInPlaceCaught).toBe(true);
    } finally {
      rmSync(directory, {recursive: true, force: true});
    }
  });
});
