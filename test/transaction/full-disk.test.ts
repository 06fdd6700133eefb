import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';
import {bundleDriver} from '../support/bundle-driver.ts';
import {strideOf} from '../support/sizes.ts';

const canMount = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs -o size=64k none /mnt']).status === 0;

type Result = {
  readonly size: number;
  readonly outcome: 'applied' | 'refused' | 'restored' | 'not-restored';
  readonly isWhole: boolean;
};

describe.skipIf(!canMount)('a disk that is too small (needs root and mount namespaces)', () => {
  it.each(['etc', 'var/lib', 'all'])(
    'never truncates a file and is nearly always noticed before the first write: %s',
    async (where) => {
      const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-disk-'));
      try {
        const driver = join(directory, 'disk.mjs');
        await bundleDriver(join(import.meta.dirname, 'disk-driver.ts'), driver);
        const output = execFileSync(
          'unshare',
          ['-m', process.execPath, driver, directory, where, String(strideOf(16, 5))],
          {encoding: 'utf8'},
        );
        const results: readonly Result[] = JSON.parse(output);
        expect(results.filter(({isWhole}) => !isWhole)).toEqual([]);
        expect(results.filter(({outcome}) => outcome === 'not-restored')).toEqual([]);
        const tooSmall = results.filter(({outcome}) => outcome !== 'applied');
        expect(results.map(({outcome}) => outcome)).toContain('applied');
        const refused = tooSmall.filter(({outcome}) => outcome === 'refused').length;
        figure(
          `B2 ${where}`,
          `≥ 95 % refused before the first write`,
          `${((100 * refused) / tooSmall.length).toFixed(1)} % of ${tooSmall.length} sizes`,
        );
      } finally {
        rmSync(directory, {recursive: true});
      }
    },
  );
});
