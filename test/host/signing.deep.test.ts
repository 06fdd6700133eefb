import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {readHost} from '../../src/host/read-host.ts';
import {openTree, makeTree} from '../support/make-tree.ts';

const modules = '/lib/modules/6.12.9-amd64';

describe('real tools', () => {
  it('make what is read here: a certificate and a signature of openssl', () => {
    const directory = makeTree({x: 'module'});
    const openssl = (...args: readonly string[]): void => {
      execFileSync('openssl', args, {cwd: directory, stdio: 'ignore'});
    };
    openssl(
      'req',
      '-new',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'k',
      '-outform',
      'DER',
      '-out',
      'c',
      '-subj',
      '/CN=DKMS module signing key/',
    );
    openssl('x509', '-inform', 'DER', '-in', 'c', '-out', 'c.pem');
    openssl(
      'cms',
      '-sign',
      '-binary',
      '-noattr',
      '-nocerts',
      '-in',
      'x',
      '-signer',
      'c.pem',
      '-inkey',
      'k',
      '-outform',
      'DER',
      '-out',
      's',
    );
    const message = readFileSync(join(directory, 's'));
    const trailer = Buffer.alloc(12);
    trailer[2] = 2;
    trailer.writeUInt32BE(message.length, 8);
    const module = Buffer.concat([Buffer.from('x'), message, trailer, Buffer.from('~Module signature appended~\n')]);
    const {modules: found, certificates} = readHost(
      openTree({
        '/proc/sys/kernel/osrelease': '6.12.9-amd64\n',
        [`${modules}/modules.builtin`]: '',
        [`${modules}/modules.dep`]: 'updates/dkms/kvmfr.ko:\n',
        [`${modules}/updates/dkms/kvmfr.ko`]: module,
        '/var/lib/dkms/mok.pub': readFileSync(join(directory, 'c')),
      }),
    ).signing;
    expect(found[0]?.key).toEqual(certificates[0]?.key);
    expect(certificates[0]?.key.issuer).toBe('DKMS module signing key');
  });
});
