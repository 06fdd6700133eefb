import {chmodSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll} from 'vitest';
import {parseTree, type TreeEntry, unpackTree} from '../../../src/system/tree-file.ts';
import {hostTreeText} from '../../support/host-tree.ts';

/** Host trees that are made up from those in test/hosts. No such machines were seen. */

const made: string[] = [];

// Registered on import: a hook that a running test adds would never be called.
afterAll(() => {
  for (const root of made) rmSync(root, {recursive: true, force: true});
});

const unpack = (entries: readonly TreeEntry[]): string => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-walk-'));
  made.push(root);
  chmodSync(root, 0o755);
  unpackTree(entries, root);
  return root;
};

export const knownHost = (name: string): string => unpack(parseTree(hostTreeText(name)));

const card = '0000:81:00';
const port = '0000:80:02.0';

/** The dual-socket server with its card eight times, each below a port and in groups of its own. */
export const eightCards = (): string => {
  const entries = parseTree(hostTreeText('dual-socket-1gib'));
  const isOfCard = ({path}: TreeEntry): boolean => path.includes(card) || path.includes(port);
  const copies = Array.from({length: 7}, (_, index) =>
    entries.filter((entry) => isOfCard(entry)).map((entry) => copyOf(entry, index + 1)),
  );
  return unpack([...entries, ...copies.flat()]);
};

const copyOf = (entry: TreeEntry, number: number): TreeEntry => {
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  const renamed = (text: string): string =>
    text
      .replaceAll(card, `0000:${hex(0xc0 + number)}:00`)
      .replaceAll(port, `0000:80:${hex(0x10 + number)}.0`)
      .replaceAll('card1', `card${number + 1}`)
      .replaceAll(/iommu_groups\/(\d+)/g, (_, group: string) => `iommu_groups/${Number(group) + 100 * number}`);
  const path = renamed(entry.path);
  return entry.type === 'link' ? {...entry, path, target: renamed(entry.target)} : {...entry, path};
};

/** The desktop with one card, without that card, without an IOMMU, and without virtualisation in its processor. */
export const nothingSuitable = (): string =>
  unpack(
    parseTree(hostTreeText('ryzen-one-card'))
      .filter(({path}) => !/0000:0a:00\.|\/sys\/class\/drm\/|iommu|\/IVRS$|\/dev\/kvm|\/kvm/.test(path))
      .filter((entry) => entry.type !== 'link' || !/0000:0a:00\.|iommu/.test(entry.target))
      .map((entry) =>
        entry.type === 'file' && entry.path === '/proc/cpuinfo'
          ? {...entry, text: entry.text.replaceAll(/ svm\b/g, '')}
          : entry,
      ),
  );
