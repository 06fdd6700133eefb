import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const emulator = '/usr/bin/qemu-system-x86_64';
const needed = [
  '/usr/bin/virsh',
  '/usr/bin/setpriv',
  '/usr/bin/swtpm',
  '/usr/bin/swtpm_setup',
  '/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so',
  '/usr/share/OVMF/OVMF_CODE_4M.fd',
  emulator,
];

/** libvirt's driver of QEMU within virsh, without a daemon. */
export const hasQemuDriver = needed.every((path) => existsSync(path));

/** The domain without what only a machine with KVM has. */
const withoutKvm = (xml: string): string =>
  xml
    .replace("<domain type='kvm'", "<domain type='qemu'")
    .replace("mode='host-passthrough'", "mode='maximum'")
    .replace(/<emulator>[^<]*<\/emulator>/, `<emulator>${emulator}</emulator>`);

const nobody = 65_534;

/** Of one guest; `null` where libvirt refused the domain. */
export type Defined = {readonly xml: string | null; readonly said: string};

/**
 * Defines each domain, and says what libvirt made of it. Nothing is started. As root it drops its rights: the driver
 * wants a user that only Debian's package of the daemon makes. One process for all: asking QEMU what it can do takes
 * longer than defining a hundred guests.
 */
export const defineAll = (domains: readonly string[]): readonly Defined[] => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-qemu-'));
  try {
    chmodSync(directory, 0o777);
    const line = domains.map((xml, index) => {
      const file = join(directory, `${index}.xml`);
      const name = /<name>([^<]*)<\/name>/.exec(xml)?.[1] ?? '';
      writeFileSync(file, withoutKvm(xml), {mode: 0o644});
      return `echo --err '${mark}'; echo '${mark}'; define --validate ${file}; dumpxml --inactive '${name}'; undefine --nvram '${name}'`;
    });
    const {stdout, stderr} = runVirsh(directory, line.join('; '));
    const [said, errors] = [stdout, stderr].map((text) => text.split(separator).slice(1));
    return domains.map((_, index) => {
      const text = said?.[index] ?? '';
      const begins = text.indexOf('<domain');
      const isDefined = /^Domain '.*' defined from /.test(text) && begins !== -1;
      const xml = isDefined ? text.slice(begins, text.indexOf('</domain>') + '</domain>\n'.length) : null;
      return {xml, said: (errors?.[index] ?? stderr).trim()};
    });
  } finally {
    rmSync(directory, {recursive: true});
  }
};

/** What libvirt has against a qemu.conf; `null` where it reads it. */
export const configurationProblem = (text: string): string | null => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-qemu-'));
  try {
    chmodSync(directory, 0o777);
    for (const folder of ['root', 'root/etc']) {
      mkdirSync(join(directory, folder));
      chmodSync(join(directory, folder), 0o777);
    }
    writeFileSync(join(directory, 'root/etc/qemu.conf'), text, {mode: 0o644});
    const {status, stderr} = runVirsh(directory, 'list --all');
    return status === 0 ? null : (/syntax error: .*/.exec(stderr)?.[0] ?? stderr);
  } finally {
    rmSync(directory, {recursive: true});
  }
};

const mark = '----';
/** virsh puts a word in front of what it writes to stderr. */
const separator = /(?:error: )?-{4}\n/;

type Ended = {readonly status: number | null; readonly stdout: string; readonly stderr: string};

const runVirsh = (directory: string, line: string): Ended => {
  const words = ['/usr/bin/virsh', '-c', `qemu:///embed?root=${directory}/root`, line];
  const [file = '', ...args] =
    process.getuid?.() === 0
      ? ['/usr/bin/setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', ...words]
      : words;
  return spawnSync(file, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    cwd: directory,
    env: {
      PATH: '/usr/bin:/bin',
      LC_ALL: 'C',
      HOME: directory,
      XDG_RUNTIME_DIR: directory,
      XDG_CACHE_HOME: join(directory, 'cache'),
      XDG_CONFIG_HOME: join(directory, 'config'),
    },
  });
};
