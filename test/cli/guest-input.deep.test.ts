import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {fillTree} from '../support/make-tree.ts';
import {runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {twinProfile} from '../support/twin-profile.ts';

const keyboard = '/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd';
const mouse = '/dev/input/by-id/usb-Razer_Mouse-event-mouse';

const profileWith = (evdev: string): string =>
  twinProfile('win', `os: windows-11\nphase: run\nevdev:\n  - ${evdev}\n  - ${mouse}`);

const ready = (): string => {
  const root = unpackHost('two-identical-cards');
  fillTree(root, {[keyboard]: {link: '../event3'}, [mouse]: {link: '../event5'}});
  return root;
};

describe('the keyboard and mouse of the host', () => {
  it('go to the guest by apply, are verified, and come back by rollback', async () => {
    const root = ready();
    const at = ['--root', root, '--no-pager'];
    const profile = profileWith(keyboard);
    const before = treeState(root);
    const planned = await runCli(['plan', profile, ...at]);
    expect(planned.stdout).toContain(
      `<source dev="${keyboard}" grab="all" grabToggle="ctrl-ctrl" repeat="on"/>`.replaceAll('"', "'"),
    );
    expect(planned.stdout).toContain('Press both Ctrl keys to have them back');
    const applied = await runCli(['apply', profile, ...at, '--yes']);
    expect(applied.exitCode, applied.stderr).toBe(0);
    expect(applied.stdout).toContain('Press both Ctrl keys to switch keyboard and mouse between host and guest');
    const xml = readFileSync(join(root, 'etc/libvirt/qemu/win.xml'), 'utf8');
    expect(xml).toContain(`<source dev='${mouse}'/>`);
    expect(xml).not.toContain('<graphics');
    const {stdout} = await runCli(['verify', ...at]);
    expect(stdout).toContain(`${keyboard} is there for the guest.`);
    expect((await runCli(['rollback', ...at, '--yes'])).exitCode).toBe(0);
    expect(differences(before, treeState(root))).toEqual({});
  });

  it('are refused before anything is written, with the line and the names that are there', async () => {
    const root = ready();
    const before = treeState(root);
    const gone = await runCli(['apply', profileWith(keyboard.replace('Logitech', 'Gone')), '--root', root, '--yes']);
    expect(gone.exitCode).toBe(3);
    expect(gone.stdout).toMatch(/win\.yaml:15:\d+: .*usb-Gone_USB_Keyboard-event-kbd is not there/);
    expect(gone.stdout).toContain(keyboard);
    const event = await runCli(['plan', profileWith('/dev/input/event3'), '--root', root]);
    expect(event.exitCode).toBe(2);
    expect(event.stderr + event.stdout).toContain('`/dev/input/event3` is no name of a keyboard or a mouse.');
    expect(differences(before, treeState(root))).toEqual({});
  });
});
