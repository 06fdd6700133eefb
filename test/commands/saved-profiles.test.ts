import {copyFileSync, rmSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {createServices} from '../../src/commands/wizard-services.ts';
import {openHere} from '../../src/hosts/here.ts';
import {unpackDemoHost} from '../../src/system/demo-host.ts';

const shipped = resolve(import.meta.dirname, '../../profiles/ryzen-two-cards.yaml');
const style = {
  hasColor: false,
  columns: 80,
  program: 'vfio-pilot',
  typed: (command: string) => `vfio-pilot ${command}`,
  hint: (text: string) => text,
};

describe('the start screen of a demo', () => {
  it('offers the profile that the demo saved in its own folder', async () => {
    const root = unpackDemoHost('two-cards');
    try {
      const saved = async (): Promise<readonly string[]> =>
        (await createServices({demo: 'two-cards', style}, openHere(root, '0.0.0', false))).savedProfiles.map(
          ({path}) => path,
        );
      const mine = join(root, 'mine.yaml');
      expect(await saved()).not.toContain(mine);
      copyFileSync(shipped, mine);
      expect(await saved()).toContain(mine);
    } finally {
      rmSync(root, {recursive: true});
    }
  });
});
