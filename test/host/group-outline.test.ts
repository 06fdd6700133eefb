import {existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {describeGroups} from '../../src/groups/describe-groups.ts';
import {readHypervisor} from '../../src/host/kernel/kernel.ts';
import {readMediated} from '../../src/host/mediated/mediated.ts';
import {readNeeds} from '../../src/host/needs/needs.ts';
import {readGroupOutline, readGroups} from '../../src/host/read-groups.ts';
import {openSource, type Source} from '../../src/system/source.ts';
import {makeBigHost} from '../support/make-big-host.ts';
import {makeTree} from '../support/make-tree.ts';
import {machinesDirectory} from '../support/shared-data.ts';

const machines = machinesDirectory();
const setsOf = (directory: string): readonly string[] =>
  readdirSync(directory, {withFileTypes: true})
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(directory, entry.name));
/** Real machines that hold PCI functions. */
const roots =
  machines === null
    ? []
    : setsOf(join(machines, 'roots'))
        .flatMap(setsOf)
        .filter((root) => existsSync(join(root, 'sys/bus/pci/devices')));

const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-outline-'));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

/** What the list shows when all facts are read, and when only those of the outline are. */
const bothLists = (root: string) => {
  const source = openSource(root, null);
  const facts = readGroups(source);
  const whole = {
    ...facts,
    needs: readNeeds(source, () => undefined, facts.pci),
    kernel: {hypervisor: readHypervisor(source)},
    mediated: readMediated(source),
    boot: {commandLine: source.text('/proc/cmdline')},
  };
  return {whole: describeGroups(whole), outline: describeGroups(readGroupOutline(source))};
};

describe('the outline of groups', () => {
  it.skipIf(machines === null)(
    `lists real machines as all their facts do${machines === null ? ' (no machines)' : ''}`,
    () => {
      expect(roots.length).toBeGreaterThan(20);
      for (const root of roots) {
        const {whole, outline} = bothLists(root);
        expect(outline, root).toEqual(whole);
      }
    },
  );

  it('lists a large host as all its facts do, from at most five calls for each function', () => {
    makeBigHost(scratch, {cpus: 128, nodes: 8, functions: 200});
    const {whole, outline} = bothLists(scratch);
    expect(outline).toEqual(whole);
    let calls = 0;
    const counted = <Args extends readonly unknown[], Result>(call: (...args: Args) => Result) => {
      return (...args: Args): Result => {
        calls += 1;
        return call(...args);
      };
    };
    const {text, bytes, list, link, exists, ...rest} = openSource(scratch, null);
    const source: Source = {
      ...rest,
      text: counted(text),
      bytes: counted(bytes),
      list: counted(list),
      link: counted(link),
      exists: counted(exists),
    };
    expect(readGroupOutline(source).pci).toHaveLength(200);
    expect(calls).toBeLessThan(200 * 5);
  });

  it('reads the files of a function whose uevent is not there or says little', () => {
    const function_ = '/sys/devices/pci0000:00/0000:00:02.0';
    const tree = (uevent: Readonly<Record<string, string>>) =>
      makeTree({
        '/sys/bus/pci/devices/0000:00:02.0': {link: `../../../devices/pci0000:00/0000:00:02.0`},
        [`${function_}/vendor`]: '0x8086\n',
        [`${function_}/device`]: '0x3e98\n',
        [`${function_}/class`]: '0x030000\n',
        [`${function_}/driver`]: {link: '../../../bus/pci/drivers/i915'},
        ...uevent,
      });
    for (const uevent of [{}, {[`${function_}/uevent`]: 'DRIVER=i915\n'}]) {
      expect(readGroupOutline(openSource(tree(uevent), null)).pci).toMatchObject([
        {address: '0000:00:02.0', vendor: '8086', device: '3e98', class: '030000', driver: 'i915'},
      ]);
    }
  });
});
