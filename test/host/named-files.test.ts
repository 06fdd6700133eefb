import {chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {readNamedFiles} from '../../src/host/named-files.ts';
import {decodeIsoVolume, volumeDescriptorAt} from '../../src/formats/iso9660.ts';
import {systemOnMedium} from '../../src/formats/osinfo.ts';
import {openSource} from '../../src/system/source.ts';
import {put, withRoot} from '../transaction/scratch-root.ts';

/** The first sector that an ISO 9660 image has anything in (ECMA-119, 8.4). */
const descriptor = (volumeId: string, publisher = ''): Buffer => {
  const sector = Buffer.alloc(2048);
  sector[0] = 1;
  sector.write('CD001', 1);
  sector[6] = 1;
  sector.write(''.padEnd(32), 8);
  sector.write(volumeId.padEnd(32), 40);
  sector.write(publisher.padEnd(128), 318);
  sector.write(''.padEnd(128), 574);
  return sector;
};

const image = (volumeId: string, publisher?: string): Buffer =>
  Buffer.concat([Buffer.alloc(volumeDescriptorAt), descriptor(volumeId, publisher)]);

/** Made for this test in the form of osinfo-db's files; the figures of Windows 11 are those of its win-11.xml. */
const system = (id: string, shortId: string, media: string, minimum = ''): string =>
  `<libosinfo version="0.0.1"><os id="${id}"><short-id>${shortId}</short-id><name>${shortId} by name</name>
  <family>winnt</family>${media}<resources arch="all">${minimum}</resources></os></libosinfo>`;

const medium = (volume: string, publisher = '', architecture = 'x86_64'): string =>
  `<media arch="${architecture}"><iso><volume-id>${volume}</volume-id>${publisher === '' ? '' : `<publisher-id>${publisher}</publisher-id>`}</iso></media>`;

const windows11 = system(
  'http://microsoft.com/win/11',
  'win11',
  medium('^C?CCOMA_X64FREE?_', 'MICROSOFT CORPORATION'),
  '<minimum><n-cpus>2</n-cpus><ram>4294967296</ram><storage>68719476736</storage></minimum>',
);

const look = (root: string, ...paths: string[]) => readNamedFiles(openSource(root, null), paths);

describe('the volume descriptor of an ISO 9660 image', () => {
  it('gives the names without the blanks that fill them', () => {
    expect(decodeIsoVolume(descriptor('CCCOMA_X64FRE_EN-US_DV9', 'MICROSOFT CORPORATION'))).toEqual({
      systemId: '',
      volumeId: 'CCCOMA_X64FRE_EN-US_DV9',
      publisherId: 'MICROSOFT CORPORATION',
      applicationId: '',
    });
  });

  it('is none where the mark, the type or the end is missing', () => {
    const good = descriptor('X');
    expect(decodeIsoVolume(good.subarray(0, 2047))).toBeNull();
    for (const at of [0, 1, 5, 6]) {
      const bad = Buffer.from(good);
      bad[at] = 0xff;
      expect(decodeIsoVolume(bad), `byte ${at}`).toBeNull();
    }
  });

  it('cannot steer a terminal', () => {
    expect(decodeIsoVolume(descriptor('\u001b[31mX'))?.volumeId).toBe('?[31mX');
  });
});

describe('a file of osinfo-db', () => {
  const volume = {systemId: '', volumeId: 'CCCOMA_X64FRE_DE', publisherId: 'MICROSOFT CORPORATION', applicationId: ''};

  it('knows its medium by every pattern that it has, with what the system needs', () => {
    expect(systemOnMedium(windows11, volume, 'x86_64')).toEqual({
      id: 'http://microsoft.com/win/11',
      shortId: 'win11',
      name: 'win11 by name',
      family: 'winnt',
      cpus: 2,
      memoryBytes: 4294967296,
      storageBytes: 68719476736,
    });
    expect(systemOnMedium(windows11, {...volume, publisherId: 'SOMEBODY'}, 'x86_64')).toBeNull();
    expect(systemOnMedium(windows11, {...volume, volumeId: 'DEBIAN'}, 'x86_64')).toBeNull();
  });

  it.each([
    ['of another architecture', medium('^CCCOMA', '', 'i686')],
    ['without a pattern for the volume', '<media arch="x86_64"><iso><publisher-id>MICRO</publisher-id></iso></media>'],
    ['with a pattern that could take for ever', medium('^(C+)+$')],
    ['with a pattern that is none', medium('^(CCC')],
    ['without media', ''],
  ])('says nothing by a medium %s', (_, media) => {
    expect(systemOnMedium(system('x', 'x', media), volume, 'x86_64')).toBeNull();
  });

  it('that is no XML says nothing', () => {
    expect(systemOnMedium('<libosinfo><os', volume, 'x86_64')).toBeNull();
  });
});

describe('a path that a profile names', () => {
  it('is recognised by its volume id, however large the file is', () =>
    withRoot((root) => {
      put(root, '/usr/share/osinfo/os/microsoft.com/win-11.xml', windows11);
      put(root, '/srv/win.iso', image('CCCOMA_X64FRE_EN-US_DV9', 'MICROSOFT CORPORATION'));
      truncateSync(join(root, '/srv/win.iso'), 6 * 1024 ** 3);
      expect(look(root, '/srv/win.iso')['/srv/win.iso']).toMatchObject({
        state: 'file',
        volume: {volumeId: 'CCCOMA_X64FRE_EN-US_DV9'},
        systems: [{shortId: 'win11'}],
        isOsinfoThere: true,
      });
    }));

  it('is followed through a link, and is what it is', () =>
    withRoot((root) => {
      put(root, '/srv/x.iso', image('X'));
      put(root, '/srv/disk.qcow2', 'QFI');
      symlinkSync('x.iso', join(root, '/srv/link.iso'));
      symlinkSync('nothing', join(root, '/srv/broken.iso'));
      const found = look(root, '/srv/link.iso', '/srv/broken.iso', '/srv', '/srv/disk.qcow2', '/srv/none');
      expect(Object.values(found).map(({state, volume}) => [state, volume?.volumeId ?? null])).toEqual([
        ['file', 'X'],
        ['broken-link', null],
        ['directory', null],
        ['file', null],
        ['absent', null],
      ]);
      expect(found['/srv/link.iso']).toMatchObject({systems: [], isOsinfoThere: false});
    }));

  it('tells the first folder that QEMU’s user cannot enter, and the file system', () =>
    withRoot((root) => {
      put(root, '/proc/mounts', '/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /srv btrfs rw 0 0\n');
      put(root, '/srv/images/x.qcow2', 'QFI');
      mkdirSync(join(root, '/home/me'), {recursive: true});
      chmodSync(join(root, '/home/me'), 0o700);
      writeFileSync(join(root, '/home/me/x.iso'), image('X'));
      const found = look(root, '/srv/images/new.qcow2', '/home/me/x.iso');
      expect(found['/srv/images/new.qcow2']).toMatchObject({fileSystem: 'btrfs', closedFolder: null});
      expect(found['/home/me/x.iso']).toMatchObject({
        fileSystem: 'ext4',
        closedFolder: {path: '/home/me', mode: 0o700},
      });
    }));
});
