import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {renderUdevRules} from '../../../src/binding/vfio/claim-devices.ts';
import {samplePlan} from '../../support/sample-plan.ts';

const rules = renderUdevRules(samplePlan(), []);

/** udev reads the rules in a /run of its own and says what it does not understand; nothing matches the loopback interface. */
const script =
  'mount -t tmpfs tmpfs /run && mkdir -p /run/udev/rules.d && cp "$1" /run/udev/rules.d/10-vfio-pilot.rules && exec udevadm test --action=add /sys/class/net/lo 2>&1';

const readByUdev = (text: string): readonly string[] | null => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-udev-'));
  try {
    writeFileSync(join(directory, 'rules'), text);
    const output = execFileSync('unshare', ['-m', 'sh', '-c', script, 'sh', join(directory, 'rules')], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output.includes('10-vfio-pilot.rules')
      ? output.split('\n').filter((line) => /10-vfio-pilot\.rules:\d/.test(line))
      : null;
  } catch {
    return null;
  } finally {
    rmSync(directory, {recursive: true});
  }
};

describe('the udev rules', () => {
  it('name each function by its address and its ids', () => {
    expect(rules.match(/KERNEL=="[^"]*", ATTR\{vendor\}=="[^"]*", ATTR\{device\}=="[^"]*"/g)).toEqual([
      'KERNEL=="0000:06:00.0", ATTR{vendor}=="0x10de", ATTR{device}=="0x1c81"',
      'KERNEL=="0000:06:00.1", ATTR{vendor}=="0x10de", ATTR{device}=="0x0fb9"',
    ]);
  });

  it('are none when nothing is bound by address', () => {
    expect(renderUdevRules(samplePlan({binding: {...samplePlan().binding, byAddress: []}}), [])).toBe('');
  });

  it.skipIf(readByUdev('# nothing\n') === null)('are understood by udev, which does complain about others', () => {
    expect(readByUdev(rules)).toEqual([]);
    expect(readByUdev(rules.replaceAll('ATTR{[', 'BOGUS{['))).toHaveLength(2);
  });
});
