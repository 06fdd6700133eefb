import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {parseXenMenu} from '../../../src/formats/boot-entry/xen-menu.ts';
import {unpackHost} from '../../support/host-tree.ts';

const program = resolve(import.meta.dirname, '../../support/stand-in-dom0/xen-cmdline.mjs');
const call = (root: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, [program, root, ...args], {encoding: 'utf8'});
const entriesOf = (root: string) => parseXenMenu(readFileSync(join(root, 'boot/grub/grub.cfg'), 'utf8'));

describe('the stand-in for xen-cmdline, our own code', () => {
  it('does to the menu what the real one was seen to do', () => {
    const root = unpackHost('xcp-ng-one-gpu');
    const before = entriesOf(root);
    call(root, '--set-xen', 'extra_guest_irqs=128');
    call(root, '--set-dom0', 'console=tty1');
    const [entry, serial, safe, fallback] = entriesOf(root);
    for (const changed of [entry, serial]) {
      expect(changed?.hypervisor).toMatch(/ extra_guest_irqs=128$/);
      // Replaced wherever it was, and at the end.
      expect(changed?.kernel).toBe('root=LABEL=root-vpilot ro nolvm quiet console=tty1');
    }
    expect([safe, fallback]).toEqual(before.slice(2));
    expect(call(root, '--get-xen', 'extra_guest_irqs')).toMatchObject({status: 0, stdout: 'extra_guest_irqs=128\n'});
    expect(call(root, '--get-dom0', 'nothing').stdout).toBe('\n');
    call(root, '--delete-xen', 'extra_guest_irqs');
    expect(entriesOf(root)[0]?.hypervisor).toBe(before[0]?.hypervisor);
  });

  it('ends with 0 whatever it is asked, and doubles the line for two keys', () => {
    const root = unpackHost('xcp-ng-one-gpu');
    expect(call(root, '--list-xen')).toMatchObject({status: 0, stdout: ''});
    call(root, '--set-dom0', 'aaa=1', 'bbb=2');
    expect(entriesOf(root)[0]?.kernel.match(/\bquiet\b/g)).toHaveLength(2);
  });
});
