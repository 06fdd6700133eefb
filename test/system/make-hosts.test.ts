import {resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {renderTree} from '../../src/system/tree-file.ts';
import {hostNames} from '../support/host-tree.ts';
import {describedHosts, makeHost} from '../support/make-hosts/make-hosts.ts';
import {machinesDirectory} from '../support/shared-data.ts';

const machines = machinesDirectory();

describe('the host trees', () => {
  it('each have a description', () => {
    expect(hostNames()).toEqual(describedHosts.toSorted());
  });

  it.skipIf(machines === null).each(describedHosts)(
    'are written from it: %s (needs the captured machines)',
    async (name) => {
      const text = renderTree(makeHost(name, machines ?? ''));
      await expect(text).toMatchFileSnapshot(resolve(import.meta.dirname, `../hosts/${name}.tree`));
    },
  );
});
