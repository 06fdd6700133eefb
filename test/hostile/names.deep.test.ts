import {chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {escapeJson, printable, printableOutput} from '../../src/words/printable.ts';
import {figure} from '../figures/figure.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli, runOnTerminal} from '../support/run-cli.ts';

const hostile = '\u001b]52;c;aWQ=\u0007\u001b[2J\u009b31m\u202Egpj\u2066\u200b\ufeff\u2028\u007f\u{e0041}';
/** Anything that a terminal obeys or that turns text around, but for newlines and tabs. */
const obeyed = /[^\P{Cc}\n\t]|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u;
const colours = /\u001b\[[0-9;]*m/g;

const put = (root: string, path: string, text: string): void => {
  const file = join(root, path);
  mkdirSync(dirname(file), {recursive: true});
  if (existsSync(file)) chmodSync(file, 0o644);
  writeFileSync(file, text);
};

/** A host whose every name that strangers choose plays with the terminal. */
const hostileHost = (): string => {
  const root = unpackHost('dell-r710-gtx1050');
  put(
    root,
    'usr/share/misc/pci.ids',
    `10de  NV${hostile}IDIA\n\t1c81  GP107${hostile} [GeForce]\n\t0fb9  Audio${hostile}\n`,
  );
  put(
    root,
    `etc/libvirt/qemu/evil.xml`,
    `<domain type="kvm"><name>win${hostile.replaceAll(/[\u0000-\u0008\u000b-\u001f]/g, '&#x9b;')}</name><title>${hostile.slice(-8)}</title></domain>`,
  );
  put(
    root,
    `etc/libvirt/qemu/networks/net${hostile.replaceAll('/', '')}.xml`,
    `<network><name>net&#x9b;31m</name></network>`,
  );
  put(root, `boot/vmlinuz-6.1.0${hostile}`, '');
  put(root, 'proc/cmdline', `BOOT_IMAGE=/vmlinuz root=UUID=6d3f2a54 ${hostile} intel_iommu=on\n`);
  const cpuinfo = join(root, 'proc/cpuinfo');
  put(
    root,
    'proc/cpuinfo',
    readFileSync(cpuinfo, 'utf8').replaceAll(/^model name.*$/gm, `model name\t: Xeon${hostile}`),
  );
  put(root, `etc/modprobe.d/evil${hostile.replaceAll('/', '')}.conf`, `install vfio-pci /bin/sh -c '${hostile}'\n`);
  put(root, 'sys/class/dmi/id/product_name', `R710${hostile}\n`);
  return root;
};

const profile = profilePath('dell-r710-gtx1050');

describe('names that play with the terminal', () => {
  it('come out of every command as text, on a terminal, in a pipe and as JSON', async () => {
    const root = hostileHost();
    const commands = [
      ['check'],
      ['facts'],
      ['groups'],
      ['topology', '--profile', profile],
      ['plan', profile],
      ['profile', 'new', '--device', '06:00.0'],
      ['profile', 'check', profile],
      ['history'],
      ['apply', profile, '--yes'],
      ['verify'],
      ['plan', `/nonexistent${hostile}`],
      [`x${hostile}`],
      ['plan', '--root', `/nonexistent${hostile}`, profile],
    ];
    const obeyedIn: string[] = [];
    for (const command of commands) {
      const args = [...command, ...(command.includes('--root') ? [] : ['--root', root])];
      const results = [
        await runCli(args),
        await runCli([...args, '--json']),
        ...(command.length === 1 ? [await runOnTerminal(args)] : []),
      ];
      for (const [index, {stdout, stderr}] of results.entries()) {
        const text =
          index === 2 ? `${stdout}${stderr}`.replaceAll(colours, '').replaceAll('\r', '') : `${stdout}${stderr}`;
        const match = obeyed.exec(text);
        if (match !== null)
          obeyedIn.push(
            `${command.join(' ').slice(0, 40)} ${index}: ${JSON.stringify(text.slice(match.index - 40, match.index + 20))}`,
          );
        if (index === 1 && stdout !== '' && command[1] !== 'new')
          expect(() => JSON.parse(stdout), command.join(' ')).not.toThrow();
      }
    }
    figure('G1 outputs', '0 outputs with control characters', `${obeyedIn.length} outputs with control characters`);
    expect(obeyedIn).toEqual([]);
  });

  it('mean the same in JSON as they did', () => {
    const value = {name: hostile, list: ['\u0085', 'plain', 'ü', '🂡']};
    const shown = escapeJson(JSON.stringify(value, null, 2));
    expect(JSON.parse(shown)).toEqual(value);
    expect(obeyed.test(shown)).toBe(false);
  });

  it('leave our own colours, and only those, and only where there are colours', () => {
    expect(printableOutput('\u001b[1;31mred\u001b[0m\n\tx\u001b[2J', true)).toBe(
      '\u001b[1;31mred\u001b[0m\n\tx\ufffd[2J',
    );
    expect(printableOutput('\u001b[1mred', false)).toBe('\ufffdred');
    expect(printable('a\u001b[1mb\nc')).toBe('a\ufffd[1mb\ufffdc');
  });
});
