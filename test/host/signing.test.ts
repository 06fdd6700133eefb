import {gzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import {captureFiles} from '../../src/capture/capture-files.ts';
import type {SigningFacts} from '../../src/facts/signing.ts';
import {readHost} from '../../src/host/read-host.ts';
import {openSource, outputFile} from '../../src/system/source.ts';
import {
  makeCertificate,
  makeModule,
  makeSignatureLists,
  mokListPath,
  mokNewPath,
  secureBootFiles,
} from '../support/make-signature.ts';
import {makeTree} from '../support/make-tree.ts';

const dkms = {serial: 'd48cad9bce3b922af2d008315d1abfa3cf37b0c1', issuer: 'DKMS module signing key'};
const mine = {serial: '5ee11331142993a99cd5035b98534874661bdee5', issuer: 'Jane Roe jane@example.org'};
const kernel = '6.12.9-amd64';
const modules = `/lib/modules/${kernel}`;
const xz = Buffer.from('fd377a585a000004', 'hex');
const reset = `${modules}/updates/dkms/vendor-reset.ko.xz`;
const tree = {
  '/proc/sys/kernel/osrelease': `${kernel}\n`,
  '/proc/sys/kernel/hostname': 'bluebox\n',
  [`/boot/vmlinuz-${kernel}`]: '',
  [`${modules}/modules.builtin`]: '',
  [`${modules}/modules.dep`]: [
    'kernel/drivers/vfio/pci/vfio-pci.ko:',
    'updates/dkms/kvmfr.ko:',
    'updates/dkms/i915.ko.gz: kernel/drivers/gpu/drm/drm.ko',
    'updates/dkms/vendor-reset.ko.xz:',
    'kernel/drivers/video/nvidia.ko:',
    'weak-updates/other.ko:',
    'extra/../../../../../root/secret.ko:',
    '',
  ].join('\n'),
  [`${modules}/kernel/drivers/vfio/pci/vfio-pci.ko`]: makeModule(dkms),
  [`${modules}/updates/dkms/kvmfr.ko`]: makeModule(null),
  [`${modules}/updates/dkms/i915.ko.gz`]: gzipSync(makeModule(dkms)),
  [reset]: xz,
  [`${modules}/kernel/drivers/video/nvidia.ko`]: makeModule(mine),
  [`${modules}/weak-updates/other.ko`]: {link: '../../6.1.0/extra/other.ko'},
  '/lib/modules/6.1.0/extra/other.ko': makeModule(mine),
  [`/var/lib/dkms/kvmfr/0.0.2/${kernel}/x86_64/module/kvmfr.ko`]: makeModule(null),
  '/var/lib/dkms/mok.pub': makeCertificate(dkms),
  '/var/lib/dkms/mok.key': 'PRIVATE\n',
  '/etc/dkms/framework.conf': '# mok_certificate=/x\nmok_signing_key=/root/secret.key\n',
  ...secureBootFiles([mine]),
};
const read = (files: Parameters<typeof makeTree>[0]): SigningFacts =>
  readHost(openSource(makeTree(files), null)).signing;

describe('modules from outside the kernel', () => {
  const signing = read(tree);

  it('are those below updates, extra and weak-updates, and those that no kernel has, each with its signature', () => {
    const table = signing.modules.map(({name, isSigned, key, dkms: at}) => [name, isSigned, key?.serial ?? null, at]);
    expect(table).toEqual([
      ['kvmfr', false, null, 'kvmfr/0.0.2'],
      ['i915', true, dkms.serial, null],
      ['vendor_reset', null, null, null],
      ['nvidia', true, mine.serial, null],
      ['other', true, mine.serial, null],
    ]);
  });

  it('packed with xz are known where modinfo was asked, also in a capture', () => {
    const said = (lines: string): SigningFacts['modules'][number] | undefined =>
      read({...tree, [outputFile(['modinfo', reset])]: `filename:       ${reset}\n${lines}`}).modules[2];
    const signed = `sig_id:         PKCS#7\nsigner:         DKMS module signing key\nsig_key:        0D:48:CA:D9\nsignature:      AA:BB\n`;
    expect(said(signed)).toMatchObject({isSigned: true, key: {serial: 'd48cad9', issuer: dkms.issuer}});
    expect(said('license:        GPL\n')).toMatchObject({isSigned: false, key: null});
  });
});

describe('keys', () => {
  it('that are enrolled come from shim’s variable, and from its table where root can read that', () => {
    expect(read(tree).shim).toEqual({enrolled: [mine], isUsed: true, isValidationOff: false, isWaiting: false});
    const table = {'/sys/firmware/efi/mok-variables/MokListRT': makeSignatureLists([dkms, mine])};
    expect(read({...tree, ...table, [mokNewPath]: ''}).shim).toMatchObject({enrolled: [dkms, mine], isWaiting: true});
  });

  it('are none without shim, and unknown where nothing can be read', () => {
    const without = Object.fromEntries(Object.entries(tree).filter(([path]) => path !== mokListPath));
    expect(read(without).shim).toMatchObject({enrolled: [], isUsed: false});
    expect(read({...tree, [mokListPath]: Buffer.from('torn in two')}).shim).toMatchObject({
      enrolled: null,
      isUsed: true,
    });
    expect(read({'/sys/firmware/efi': {directory: true}}).shim).toMatchObject({enrolled: null, isUsed: null});
  });

  it('of DKMS are those whose certificates are there, the configured one first', () => {
    expect(read(tree).certificates).toEqual([{path: '/var/lib/dkms/mok.pub', key: dkms, isConfigured: false}]);
    const configured = {
      '/etc/dkms/framework.conf.d/own.conf': 'mok_certificate="/etc/keys/own.der"\n',
      '/etc/keys/own.der': makeCertificate(mine),
    };
    expect(read({...tree, ...configured}).certificates.map(({path}) => path)).toEqual([
      '/etc/keys/own.der',
      '/var/lib/dkms/mok.pub',
    ]);
  });
});

describe('a capture', () => {
  const source = openSource(makeTree({...tree, [outputFile(['modinfo', reset])]: 'filename: x\nlicense: GPL\n'}), null);

  it('tells the same of signatures and keys, without names of people and without private keys', () => {
    const {entries} = captureFiles(source);
    const files = entries.flatMap((entry) => (entry.type === 'file' ? [entry] : []));
    const all = Buffer.concat(files.map(({bytes}) => bytes)).toString('latin1');
    expect(all).not.toMatch(/Jane|Roe|example\.org|PRIVATE|secret\.key/);
    expect(files.map(({path}) => path)).not.toContain('/var/lib/dkms/mok.key');
    expect(files.find(({path}) => path.endsWith('/i915.ko.gz'))?.bytes.length).toBeLessThan(1000);
    const links = entries.flatMap((entry) =>
      entry.type === 'link' ? [[entry.path, {link: entry.target}] as const] : [],
    );
    const copy = read(Object.fromEntries([...files.map(({path, bytes}) => [path, bytes] as const), ...links]));
    const hidden = (facts: SigningFacts): unknown =>
      JSON.parse(JSON.stringify(facts).replaceAll(mine.issuer, 'x'.repeat(25)));
    expect(copy).toEqual(hidden(readHost(source).signing));
  });
});
