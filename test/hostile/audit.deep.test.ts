import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';
import {trustedProgram} from '../../src/system/trusted-program.ts';
import {unpackHost} from '../support/host-tree.ts';
import {runCli} from '../support/run-cli.ts';
import {hostileProfile} from './hostile-profiles.ts';

const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-audit-'));
afterAll(() => rmSync(directory, {recursive: true}));

const writing =
  'creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat,truncate,chmod,fchmodat,chown,lchown,fchownat';

/** Values that the grammar lets through, each made to run, to leave its place or to break out. */
const worst: readonly (readonly [string, string])[] = [
  ['guest.disk', '/$(touch x)`id`;id > y|sh "\'&<>{*}?[a]!#~ .img'],
  ['devices[].rom', "/x'/><disk type='block'><source dev='/dev/sda'/>"],
  ['description', '`id`; $(id) "\' </name> %h \\n init=/bin/sh'],
  ['guest.name', '-rf'.slice(1)],
];

/** Where files may be made, changed or taken away below the root, and nowhere else. */
const allowed = [
  /^\/etc\/(?:modprobe\.d|default|default\/grub\.d|initramfs-tools|initramfs-tools\/scripts|initramfs-tools\/scripts\/init-top|systemd\/system|systemd\/system\/\w+\.target\.wants|libvirt|libvirt\/qemu|libvirt\/hooks|libvirt\/hooks\/qemu\.d)(?:\/[\w.-]+|\/\.vfio-pilot-[\w-]+\/new)?$/,
  /^\/var(?:\/lib(?:\/vfio-pilot(?:\/.*)?)?)?$/,
];

const isAllowed = (path: string): boolean => allowed.some((pattern) => pattern.test(path));

/** Files that were opened for writing or otherwise changed; what goes through a descriptor's path is where that points at the time. */
const writesOf = (trace: string): readonly string[] => {
  const open = new Map<string, string>();
  const writes: string[] = [];
  for (const line of trace.split('\n')) {
    const [, opened] = / = (\d+<[^>]*>)$/.exec(line) ?? [];
    const [, fd = '', path = ''] = /^(\d+)<(.*)>$/.exec(opened ?? '') ?? [];
    if (fd !== '') open.set(fd, path);
    const [, call = ''] = /^\d+ +(\w+)\(/.exec(line) ?? [];
    const isOpen = call.startsWith('open');
    if (
      call === '' ||
      call.startsWith('exec') ||
      / = -1 /.test(line) ||
      (isOpen && !/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(line))
    )
      continue;
    const names = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, name = '']) =>
      name.replace(/^\/proc\/self\/fd\/(\d+)/, (whole, number: string) => open.get(number) ?? whole),
    );
    // What a symbolic link says is no place that is written to.
    writes.push(...(call.startsWith('symlink') ? names.slice(-1) : names));
  }
  return writes.filter((path) => !/^\/dev\/(?:null|tty|pts\/\d+)$/.test(path));
};

/** This machine's own, on open files: ACLs and labels of a mounted disk are kept. */
const attributePrograms = ['cp', 'getfattr', 'lsattr'].map((name) => trustedProgram(name));

describe.skipIf(!canTrace)('apply with a hostile profile (skipped where strace may not trace)', () => {
  it('starts nothing on another root but what keeps attributes, and writes where it may and nowhere else', async () => {
    const executed: string[] = [];
    const strays: string[] = [];
    for (const [index, [field, value]] of worst.entries()) {
      const root = unpackHost('dell-r710-gtx1050');
      const profile = join(directory, `${index}.yaml`);
      const document = JSON.parse(hostileProfile(field, value)) as {host?: unknown};
      writeFileSync(profile, JSON.stringify({...document, host: {allowUnsafeInterrupts: 'yes'}}));
      const trace = join(directory, `${index}.trace`);
      const {exitCode, stderr} = await runCli(['apply', profile, '--root', root, '--yes'], {
        prefix: [
          'strace',
          '-f',
          '-qq',
          '-y',
          '-s',
          '4096',
          '-e',
          'signal=none',
          '-e',
          `trace=execve,execveat,open,openat,openat2,${writing}`,
          '-o',
          trace,
        ],
        env: {UV_USE_IO_URING: '0'},
      });
      expect([0, 3], stderr).toContain(exitCode);
      const text = readFileSync(trace, 'utf8');
      executed.push(
        ...[...text.matchAll(/execve(?:at)?\("([^"]*)".* = 0$/gm)]
          .map(([, file = '']) => file)
          .filter((file) => file !== process.execPath && !attributePrograms.includes(file)),
      );
      const paths = writesOf(text);
      if (exitCode === 0) expect(paths.some((path) => path.endsWith('/etc/modprobe.d/vfio-pilot.conf'))).toBe(true);
      strays.push(...paths.filter((path) => !path.startsWith(root) || !isAllowed(path.slice(root.length))));
    }
    figure('G2', '0 programs started', `${executed.length} programs started`);
    figure('G3', '0 writes elsewhere', `${strays.length} writes elsewhere`);
    expect({executed, strays}).toEqual({executed: [], strays: []});
  });
});
