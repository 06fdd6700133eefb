import {spawnSync} from 'node:child_process';
import {describe, expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';
import {unpackHost} from '../support/host-tree.ts';
import {commandLine, profilePath} from '../support/run-cli.ts';

const host = 'dell-r710-gtx1050';
const grub = 'etc/default/grub';

type OddTarget = {
  readonly name: string;
  /** Shell, in the root of the tree, in a mount namespace of its own. */
  readonly setup: string;
  readonly cleanup?: string;
  /** `null`: it is applied. */
  readonly refusal: RegExp | null;
};

const targets: readonly OddTarget[] = [
  {
    name: 'a read-only file system',
    setup: 'mount --bind etc/default etc/default && mount -o remount,ro,bind etc/default',
    refusal: /default\/grub.* read-only \(EROFS\)/u,
  },
  {
    name: 'an immutable file',
    setup: `chattr +i ${grub}`,
    cleanup: `chattr -i ${grub}`,
    refusal: /default\/grub.*immutable \(EPERM\)/u,
  },
  {
    name: 'an immutable directory',
    setup: 'chattr +i etc/default',
    cleanup: 'chattr -i etc/default',
    refusal: /default\/grub.*immutable \(EPERM\)/u,
  },
  {
    name: 'a file that is only appended to',
    setup: `chattr +a ${grub}`,
    cleanup: `chattr -a ${grub}`,
    refusal: /default\/grub.*chattr \+a/u,
  },
  {name: 'a file that is a mount point', setup: `mount --bind ${grub} ${grub}`, refusal: /default\/grub.*mount point/u},
  {
    name: 'a symbolic link to a file next to it',
    setup: `mv ${grub} etc/default/real && ln -s real ${grub}`,
    refusal: /default\/grub is a symbolic link to real/u,
  },
  {
    name: 'a symbolic link that leads elsewhere',
    setup: `mv ${grub} srv-grub && ln -s /srv-grub ${grub}`,
    refusal: /default\/grub is a symbolic link to \/srv-grub/u,
  },
  {
    name: 'a symbolic link to nothing',
    setup: `rm ${grub} && ln -s nowhere ${grub}`,
    refusal: /default\/grub.*(symbolic link to nowhere|nothing)/u,
  },
  {name: 'a file with two names', setup: `ln ${grub} etc/default/twin`, refusal: /default\/grub has 2 hard links/u},
  {name: 'a FIFO', setup: `rm ${grub} && mkfifo ${grub}`, refusal: /default\/grub/u},
  {name: 'a directory', setup: `rm ${grub} && mkdir ${grub}`, refusal: /default\/grub/u},
  {
    name: 'the lower file of an overlay',
    setup:
      'mkdir -p ovl && mount -t tmpfs none ovl && mkdir ovl/u ovl/w && mount -t overlay -o lowerdir=etc,upperdir=ovl/u,workdir=ovl/w none etc',
    refusal: null,
  },
];

const isRoot = process.geteuid?.() === 0;
const canMount = isRoot && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

const inNamespace = (root: string, script: string) =>
  spawnSync('unshare', ['-m', 'sh', '-ec', `cd ${root}; ${script}`], {encoding: 'utf8', timeout: 60_000});

/** What is wrong with the outcome, as sentences. */
const faultsOf = ({setup, cleanup, refusal}: OddTarget): readonly string[] => {
  const root = unpackHost(host);
  const state =
    'find . -path ./ovl -prune -o -path ./var -prune -o -print0 | sort -z | xargs -0 stat -c "%n %F %a %u %g %h %N"; find etc -type f -print0 | sort -z | xargs -0 sha256sum';
  const {status, stdout, stderr} = inNamespace(
    root,
    `${setup}; (${state}) >ovl-before 2>&1; ${commandLine(['apply', profilePath(host), '--root', root, '--yes'])} >&2 </dev/null && code=0 || code=$?; (${state}) >ovl-after 2>&1; grep -v ovl- ovl-before >ovl-1 || true; grep -v ovl- ovl-after | diff ovl-1 - || true; exit $code`,
  );
  if (cleanup !== undefined) inNamespace(root, cleanup);
  if (refusal === null) return status === 0 ? [] : [`it ended with ${status}: ${stderr}`];
  const faults = [
    status === 4 || status === 3 ? null : `it ended with ${status}`,
    refusal.test(stderr) ? null : 'it does not say why',
    stdout === '' ? null : `it changed something: ${stdout}`,
  ];
  return faults.flatMap((fault) => (fault === null ? [] : [`${fault}: ${stderr}`]));
};

describe.skipIf(!canMount)(
  'a target that is no plain file on a writable file system (needs root and mount namespaces)',
  () => {
    const faults = new Map<string, readonly string[]>();

    it.each(targets)('such as $name is refused with its name and reason, or replaced as any other', (target) => {
      faults.set(target.name, faultsOf(target));
      expect(faults.get(target.name)).toEqual([]);
    });

    it('is met in each way', () => {
      const met = [...faults.values()].filter((found) => found.length === 0).length;
      figure('B4', `${targets.length}/${targets.length}`, `${met}/${targets.length}`);
      expect(met).toBe(targets.length);
    });
  },
);
