import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {type Sourced, sourceWithDash, words} from '../boot/grub/source-with-dash.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {applyTo, expectNothingToDo, type PlanDocument} from './plan-document.ts';

const profile = profilePath('dell-r710-gtx1050');

const cases: readonly (readonly [string, string])[] = [
  ['double quotes', 'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\nGRUB_CMDLINE_LINUX=""\n'],
  ['single quotes', 'GRUB_CMDLINE_LINUX_DEFAULT=\'quiet splash\'\nGRUB_CMDLINE_LINUX=""\n'],
  ['a comment behind the value', 'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash" # mine\nGRUB_CMDLINE_LINUX=""\n'],
  ['a bare word', 'GRUB_CMDLINE_LINUX_DEFAULT=quiet\nGRUB_CMDLINE_LINUX=""\n'],
  ['escaped quotes', 'GRUB_CMDLINE_LINUX_DEFAULT="quiet dyndbg=\\"file a.c +p\\" splash"\nGRUB_CMDLINE_LINUX=""\n'],
  ['two consoles', 'GRUB_CMDLINE_LINUX_DEFAULT="console=ttyS0,115200 console=tty0 quiet"\nGRUB_CMDLINE_LINUX=""\n'],
  ['no DEFAULT line', 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="rd.luks.uuid=x quiet"\n'],
  ['stale ids', 'GRUB_CMDLINE_LINUX_DEFAULT="quiet vfio-pci.ids=dead:beef"\nGRUB_CMDLINE_LINUX=""\n'],
  ['single quotes in both', "GRUB_CMDLINE_LINUX_DEFAULT='quiet splash'\nGRUB_CMDLINE_LINUX=''\n"],
  ['an empty DEFAULT, LUKS in LINUX', 'GRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_CMDLINE_LINUX="rd.luks.uuid=x"\n'],
];

const ours = /^(?:intel_iommu|vfio-pci\.ids|vfio_iommu_type1\.|hugepagesz?=|default_hugepagesz)/;
const commandLine = ({linux, linuxDefault}: Sourced): readonly string[] =>
  words([linux, linuxDefault].filter((value) => value !== 'unset').join(' '));

/** The file without the one value: what comes before it and what comes behind it. */
const isOnlyOneValueEdited = (before: string, after: string): boolean => {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const added = now.length - old.length;
  const changed = old.filter((line, index) => line !== now[index]);
  const isOfOneVariable = (line: string): boolean => /^GRUB_CMDLINE_LINUX(?:_DEFAULT)?=/.test(line);
  if (added === 1)
    return (
      now.filter((line) => !old.includes(line)).length === 1 &&
      now.filter((line) => !old.includes(line)).every(isOfOneVariable)
    );
  const tail = (line: string): string => /\s+#.*$/.exec(line)?.[0] ?? '';
  return (
    added === 0 &&
    changed.length === 1 &&
    changed.every((line) => isOfOneVariable(line) && tail(line) === tail(now[old.indexOf(line)] ?? ''))
  );
};

const replaceGrub = (root: string, text: string): void => writeFileSync(join(root, 'etc/default/grub'), text);
const dropIn = '/etc/default/grub.d/zz-vfio-pilot.cfg';
const readGrub = (root: string): string => readFileSync(join(root, 'etc/default/grub'), 'utf8');

describe.each(cases)('/etc/default/grub with %s', (_name, before) => {
  it('is applied so that every token stays, ours take effect, and nothing else changes; then nothing is left to do', async () => {
    const root = unpackHost('dell-r710-gtx1050');
    replaceGrub(root, before);
    const {kernelArguments} = await applyTo(profile, root);
    const after = readGrub(root);
    const [old, now] = sourceWithDash([before, after]) as [Sourced, Sourced];
    const kept = commandLine(old).filter((token) => token !== 'vfio-pci.ids=dead:beef');

    expect(commandLine(now).filter((token) => !ours.test(token))).toEqual(kept);
    expect(kernelArguments.add).toContain('intel_iommu=on');
    expect(commandLine(now).filter((token) => ours.test(token))).toEqual(kernelArguments.add);
    expect({status: now.status, others: now.others}).toEqual({status: '0', others: old.others});
    expect(isOnlyOneValueEdited(before, after), after).toBe(true);

    await expectNothingToDo(profile, root);
  });
});

describe('a value that cannot be edited safely', () => {
  it.each([
    ['a command substitution', 'GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX_DEFAULT="quiet $(cat /etc/args)"\n', 2],
    ['an assignment inside if', 'if true; then\n  GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nfi\n', 2],
  ])(
    'is not touched: %s is named with file and line, and a drop-in is used instead, once',
    async (_name, text, line) => {
      const root = unpackHost('dell-r710-gtx1050');
      replaceGrub(root, text);
      const {stdout, exitCode} = await runCli(['plan', profile, '--root', root, '--json']);
      const {findings, changes} = JSON.parse(stdout) as PlanDocument;
      expect(exitCode).toBe(0);
      expect(findings.find(({at}) => at?.file === '/etc/default/grub')?.at).toMatchObject({line});
      expect(changes.map(({path}) => path)).toContain(dropIn);
      expect(changes.map(({path}) => path)).not.toContain('/etc/default/grub');

      await applyTo(profile, root);
      expect(readGrub(root)).toBe(text);
      expect(words(sourceWithDash([readFileSync(join(root, dropIn), 'utf8')])[0]?.linuxDefault ?? '')).toContain(
        'intel_iommu=on',
      );
      // What our own drop-in says is no evidence that somebody else configured it.
      await expectNothingToDo(profile, root);
    },
  );

  it('blocks where no drop-in would be read', async () => {
    const root = unpackHost('dell-r710-gtx1050');
    replaceGrub(root, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(cat /etc/args)"\n');
    rmSync(join(root, 'etc/default/grub.d'), {recursive: true});
    const before = treeState(root);
    const {stdout, exitCode} = await runCli(['plan', profile, '--root', root, '--json']);
    expect(exitCode).toBe(3);
    expect((JSON.parse(stdout) as PlanDocument).findings).toContainEqual(
      expect.objectContaining({
        code: 'grub-not-editable',
        severity: 'blocker',
        at: {file: '/etc/default/grub', line: 1, column: expect.any(Number) as number},
      }),
    );
    expect(differences(before, treeState(root))).toEqual({});
  });
});
