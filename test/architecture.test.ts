import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';

const source = resolve(import.meta.dirname, '../src');

/** The order in which data flows: a folder imports only from those before it, types included. */
const order = [
  'words',
  'errors',
  'findings',
  'decode',
  'system',
  'formats',
  'facts',
  'groups',
  'profile',
  'plan',
  'topology',
  'artifacts',
  'devices',
  'binding',
  'hypervisor',
  'image',
  'boot',
  'host',
  'checks',
  'pipeline',
  'changes',
  'exchange',
  'fleet',
  'transaction',
  'capture',
  'verify',
  'hosts',
  'ui',
  'commands',
  'main',
  'cli',
];

/** Folders whose code only computes: nothing in them can reach the machine or the terminal. */
const pure = [
  'words',
  'findings',
  'decode',
  'formats',
  'facts',
  'groups',
  'profile',
  'plan',
  'checks',
  'topology',
  'artifacts',
  'devices',
  'binding',
  'hypervisor',
  'image',
  'boot',
  'pipeline',
  'changes',
  'exchange',
  'fleet',
  'verify',
  'ui/wizard',
];

const filesOf = (directory: string): readonly string[] =>
  readdirSync(join(source, directory), {recursive: true, encoding: 'utf8'})
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(source, directory, name));

type Import = {readonly specifier: string; readonly isType: boolean};

const importsOf = (file: string): readonly Import[] =>
  [
    ...readFileSync(file, 'utf8').matchAll(
      /^(?:import|export) (?<type>type )?(?:(?<names>[^'"]*?) from )?['"](?<specifier>[^'"]+)['"]/gm,
    ),
  ].map(({groups}) => ({
    specifier: groups?.['specifier'] ?? '',
    isType: groups?.['type'] !== undefined || /^\{\s*(?:type \w+(?: as \w+)?,?\s*)+\}$/.test(groups?.['names'] ?? ''),
  }));

const folderOf = (file: string): string => (relative(source, file).split('/')[0] ?? '').replace(/\.ts$/, '');

const localImports = (file: string): readonly string[] =>
  importsOf(file)
    .filter(({specifier}) => specifier.startsWith('.'))
    .map(({specifier}) => resolve(dirname(file), specifier));

/** Every chain of imports from this file to a module that can touch the machine, types left out: they are gone when it runs. */
const waysOut = (file: string, seen: Set<string>, chain: readonly string[]): readonly string[] =>
  importsOf(file)
    .filter(({isType}) => !isType)
    .flatMap(({specifier}) => {
      if (!specifier.startsWith('.'))
        return /^(?:node:|fs$|execa$|ink$|react$|ink-)/.test(specifier) ? [[...chain, specifier].join(' → ')] : [];
      const target = resolve(dirname(file), specifier);
      if (seen.has(target)) return [];
      seen.add(target);
      return waysOut(target, seen, [...chain, relative(source, target)]);
    });

/** Circles of imports, types included, each as the files that lie on it. */
const circlesOf = (files: readonly string[]): readonly string[] => {
  const reached = new Map(files.map((file) => [file, new Set(localImports(file))]));
  for (const through of files)
    for (const targets of reached.values())
      if (targets.has(through)) for (const target of reached.get(through) ?? []) targets.add(target);
  return files.filter((file) => reached.get(file)?.has(file)).map((file) => relative(source, file));
};

describe('the order of the folders', () => {
  it('has each of them once', () => {
    const present = readdirSync(source).map((name) => name.replace(/\.ts$/, ''));
    expect([...order].sort()).toEqual([...present].sort());
  });

  it('is kept by every import, types included', () => {
    const against = filesOf('').flatMap((file) =>
      localImports(file)
        .filter((target) => order.indexOf(folderOf(target)) > order.indexOf(folderOf(file)))
        .map((target) => `${relative(source, file)} → ${relative(source, target)}`),
    );
    expect(against).toEqual([]);
  });

  it('leaves no circle, not even of types', () => {
    expect(circlesOf(filesOf(''))).toEqual([]);
  });
});

describe('a binding', () => {
  it('is known to its table and to its hypervisor only: images and boot chains ask the face', () => {
    const members = readdirSync(join(source, 'binding')).filter((name) => !name.endsWith('.ts'));
    expect(members).toContain('vfio');
    const knowing = filesOf('')
      .filter((file) =>
        localImports(file).some((target) =>
          members.some(
            (member) =>
              target.startsWith(join(source, 'binding', member, '/')) &&
              !file.startsWith(join(source, 'binding', member, '/')),
          ),
        ),
      )
      .map((file) => relative(source, file));
    expect(knowing.sort()).toEqual([
      'binding/early-binding.ts',
      'hypervisor/kvm/kvm.ts',
      'hypervisor/proxmox/proxmox.ts',
      'hypervisor/xcp-ng/binding.ts',
      'hypervisor/xen/xl.ts',
    ]);
  });
});

describe('a file', () => {
  /** Tables and types, one entry after the other: there is nothing to divide. */
  const tables = ['commands/verbs.ts', 'plan/plan.ts', 'profile/keys.ts', 'ui/keys.ts'];

  it('has at most 300 lines, but for tables', () => {
    const long = filesOf('').filter((file) => readFileSync(file, 'utf8').trimEnd().split('\n').length > 300);
    expect(long.map((file) => relative(source, file)).sort()).toEqual(tables);
  });
});

describe('programs', () => {
  const importers = (pattern: RegExp): readonly string[] =>
    filesOf('')
      .filter((file) => importsOf(file).some(({specifier}) => pattern.test(specifier)))
      .map((file) => relative(source, file));

  it('are started in one place, by execa', () => {
    expect(importers(/^execa$/)).toEqual(['system/run-program.ts']);
    expect(importers(/^(?:node:)?(?:child_process|cluster|worker_threads)$/)).toEqual([]);
  });
});

describe('the transaction', () => {
  /** Back-ends, which are handed in as code by kind. */
  const backEnds = [
    'binding',
    'boot',
    'hypervisor',
    'image',
    'groups',
    'host',
    'plan',
    'profile',
    'topology',
    'checks',
  ];
  /** Formats without any knowledge of a boot loader, an image or a hypervisor. */
  const genericFormats = ['formats/listing.ts'];

  it('imports no back-end, no reader of the host and no format of theirs', () => {
    const files = filesOf('transaction');
    expect(files.length).toBeGreaterThan(15);
    expect(
      files.flatMap((file) =>
        localImports(file)
          .map((target) => relative(source, target))
          .filter(
            (target) =>
              backEnds.includes(target.split('/')[0] ?? '') ||
              (target.startsWith('formats/') && !genericFormats.includes(target)),
          )
          .map((target) => `${relative(source, file)} → ${target}`),
      ),
    ).toEqual([]);
  });

  it('names none of them in its code', () => {
    const known = /virsh|qemu|limine|proxmox|bootctl|rpm-ostree|efivars|cpio|dracut|mkinitcpio|initramfs|\bgrub/i;
    const lines = filesOf('transaction').flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => known.test(line) && !/^\s*(?:\/\*\*|\*|\/\/)/.test(line))
        .map((line) => `${relative(source, file)}: ${line.trim()}`),
    );
    expect(lines).toEqual([]);
  });
});

describe('the pure folders', () => {
  it.each(pure.filter((folder) => existsSync(join(source, folder))))(
    'src/%s cannot reach the machine, however indirectly',
    (folder) => {
      const files = filesOf(folder);
      expect(files.length).toBeGreaterThan(0);
      expect(files.flatMap((file) => waysOut(file, new Set([file]), [relative(source, file)]))).toEqual([]);
    },
  );

  it('name no global that reaches the machine', () => {
    const files = pure.flatMap((folder) => filesOf(folder));
    expect(
      files.filter((file) => /\b(?:process\.|Date\.now|new Date\(\)|Math\.random)/.test(readFileSync(file, 'utf8'))),
    ).toEqual([]);
  });

  it('differ from those that read the host', () => {
    const file = join(source, 'host/read-host.ts');
    expect(waysOut(file, new Set([file]), ['host/read-host.ts'])).not.toEqual([]);
  });
});
