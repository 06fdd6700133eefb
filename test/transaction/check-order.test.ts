import {applyChanges} from '../../src/hosts/transactions.ts';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gunzipSync, gzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import type {Program} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {generatedDirectory} from '../../src/transaction/path-state.ts';
import type {ProgressEvent} from '../../src/transaction/transaction.ts';
import {makeCpio} from '../support/make-cpio.ts';
import {fileChange, generated, ids, never, request} from './scenario.ts';
import {put, text, withRoot} from './scratch-root.ts';

const image = '/boot/initrd.img-6.1.0-1';
const script = '/etc/initramfs-tools/scripts/init-top/00-vfio-pilot';
const microcode = makeCpio({'kernel/x86/microcode/AuthenticAMD.bin': 'ucode'});
const call = (name: string): string =>
  `/scripts/init-top/${name} "$@"\n[ -e /conf/param.conf ] && . /conf/param.conf\n`;
const withOrder = (...names: readonly string[]): Buffer =>
  makeCpio({init: '#!/bin/sh\n', 'scripts/init-top/ORDER': names.map(call).join('')});

/** gzip works in its place, as the real one does. */
const gzip: Program = ([, , , path = ''], {root}) => {
  writeFileSync(join(root, path.replace(/\.gz$/, '')), gunzipSync(readFileSync(join(root, path))));
  return {exitCode: 0};
};

type Outcome = {
  readonly error: string | null;
  readonly warnings: readonly string[];
  readonly installed: string;
  readonly leftovers: readonly string[];
};

const make = (made: Buffer, programs: Readonly<Record<string, Program>> = {gzip}): Promise<Outcome> =>
  withRoot(async (root) => {
    put(root, image, 'old');
    const machine = realMachine(root, {
      ...programs,
      mkinitramfs: ([, , output = '']) => {
        writeFileSync(join(root, output), made);
        return {exitCode: 0};
      },
    });
    const validation = {
      kind: 'order',
      member: 'scripts/init-top/ORDER',
      script: '/scripts/init-top/00-vfio-pilot',
      before: '/scripts/init-top/udev',
    } as const;
    const warnings: string[] = [];
    const onEvent = (event: ProgressEvent): void => void (event.kind === 'warning' && warnings.push(event.message));
    const changes = [
      fileChange(machine, script, 'new\n'),
      generated(image, ['/usr/sbin/mkinitramfs', '-o', '{output}', '6.1.0-1'], [script], [validation]),
    ];
    const error = await applyChanges(machine, request(changes), onEvent, never).then(
      () => null,
      (reason: unknown) => (reason instanceof Error ? reason.message : 'no error'),
    );
    return {
      error,
      warnings,
      installed: text(root, image) === 'old' ? 'old' : 'new',
      leftovers: machine.list(generatedDirectory(ids[0])),
    };
  });

describe('failure mode 47: the order in which an image of initramfs-tools calls its scripts', () => {
  it('is read from the image, packed behind microcode or not packed at all', async () => {
    const good = withOrder('00-vfio-pilot', 'all_generic_ide', 'udev');
    for (const made of [good, Buffer.concat([microcode, gzipSync(good)]), withOrder('00-vfio-pilot')]) {
      expect(await make(made)).toEqual({error: null, warnings: [], installed: 'new', leftovers: []});
    }
  });

  it('keeps an image from being installed that calls the script after udev, or not at all', async () => {
    const late = await make(Buffer.concat([microcode, gzipSync(withOrder('udev', '00-vfio-pilot'))]));
    expect(late).toEqual({
      error: `The new ${image} was not installed: its scripts/init-top/ORDER calls /scripts/init-top/udev before /scripts/init-top/00-vfio-pilot.`,
      warnings: [],
      installed: 'old',
      leftovers: [],
    });
    expect(await make(withOrder('udev'))).toMatchObject({
      error: expect.stringContaining('ORDER does not call /scripts/init-top/00-vfio-pilot') as string,
      installed: 'old',
    });
  });

  it.each([
    ['is packed in an unknown way', Buffer.from('?'), {gzip}, /not known/],
    [
      'cannot be unpacked',
      gzipSync(withOrder('udev')),
      {gzip: () => ({exitCode: 1})},
      /gzip -d -f .*: it ended with code 1/,
    ],
    ['has no such file', gzipSync(makeCpio({init: ''})), {gzip}, /no scripts\/init-top\/ORDER/],
  ] as const)(
    'is reported as not read where the image %s, whose listing shows the script',
    async (_what, made, programs, reason) => {
      expect(await make(made, programs)).toEqual({
        error: null,
        warnings: [expect.stringMatching(reason)],
        installed: 'new',
        leftovers: [],
      });
    },
  );

  it('is not asked for where no program can be run', async () => {
    expect(await make(gzipSync(withOrder('udev')), {})).toEqual({
      error: null,
      warnings: [],
      installed: 'new',
      leftovers: [],
    });
  });
});
