import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {chownSync} from 'node:fs';
import {join} from 'node:path';
import * as fc from 'fast-check';
import {expect, it} from 'vitest';
import type {Change} from '../../src/changes/change.ts';
import {failingMachine} from '../support/failing-machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {fileChange, linkChange, never, request, silent} from './scenario.ts';
import {put, putLink, snapshot, withRoot} from './scratch-root.ts';
import {bySize} from '../support/sizes.ts';

const isRoot = process.geteuid?.() === 0;

const paths = ['/etc/a', '/etc/b', '/etc/c.d/x', '/etc/c.d/y', '/boot/deep/er/z', '/top'] as const;
const old = fc.oneof(
  fc.constant(null),
  fc.record({
    kind: fc.constant('file' as const),
    bytes: fc.uint8Array({maxLength: 60}),
    mode: fc.constantFrom(0o600, 0o644, 0o755, 0o4755, 0o2640, 0o444, 0o000),
    owner: fc.constantFrom(0, 1, 33),
  }),
  fc.record({kind: fc.constant('link' as const), target: fc.constantFrom('/etc/a', 'nowhere', '../x')}),
);
const wanted = fc.oneof(fc.constant('keep' as const), fc.constant(null), fc.string({maxLength: 60, unit: 'binary'}));
const host = fc.tuple(...paths.map((path) => fc.record({path: fc.constant(path), old, wanted})));

it('apply and rollback are the identity on any tree, and so is a crash with recovery', async () => {
  await fc.assert(
    fc.asyncProperty(host, fc.integer({min: 1, max: 120}), (entries, failAt) =>
      withRoot(async (root) => {
        for (const {path, old: present} of entries) {
          if (present?.kind === 'link') putLink(root, path, present.target);
          if (present?.kind !== 'file') continue;
          put(root, path, Buffer.from(present.bytes), present.mode);
          if (isRoot && present.mode < 0o1000) chownSync(join(root, path), present.owner, present.owner);
        }
        const sound = realMachine(root);
        const changes = entries.flatMap(({path, old: present, wanted: next}): Change[] => {
          if (next === 'keep') return [];
          return [
            present?.kind === 'link'
              ? linkChange(sound, path, next === null ? null : `to-${next.replaceAll('\0', '')}`)
              : fileChange(sound, path, next),
          ];
        });
        const before = snapshot(root);
        const dying = failingMachine({...sound, self: {...sound.self, pid: 999_999_999}}, {failAt, crash: true});
        const isThrough = await applyChanges(dying, request(changes), silent, never).then(
          () => true,
          () => false,
        );
        const recovered = await recover(sound, {}, silent);
        expect(isThrough || recovered.length === 0 ? before : snapshot(root)).toEqual(before);
        await rollback(sound, {}, silent, never);
        expect(snapshot(root)).toEqual(before);
        await applyChanges(sound, request(changes, '20260131T130000Z-zzzz'), silent, never);
        const written = entries.filter(
          ({old: present, wanted: next}) => typeof next === 'string' && next !== 'keep' && present?.kind !== 'link',
        );
        expect(written.map(({path}) => sound.read(path).toString())).toEqual(
          written.map(({wanted: next}) => Buffer.from(next ?? '').toString()),
        );
        await rollback(sound, {}, silent, never);
        expect(snapshot(root)).toEqual(before);
      }),
    ),
    {numRuns: bySize(6, 60, 1000)},
  );
});
