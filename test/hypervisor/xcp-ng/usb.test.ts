import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {runChecks} from '../../../src/checks/run-checks.ts';
import type {CommandArtifact} from '../../../src/artifacts/artifact.ts';
import {xcpNg} from '../../../src/hypervisor/xcp-ng/xcp-ng.ts';
import {outputFile} from '../../../src/system/source.ts';
import {sampleDevice} from '../../support/sample-profile.ts';
import {xcpFacts} from '../../support/xen-facts.ts';
import {codesOf as codes, decide, findingOf as finding, textOf, type Wish} from '../xen/decide.ts';

const vm = '2b7d5c1e-0000-4c7e-8d55-000000000010';
const mail = '2b7d5c1e-0000-4c7e-8d55-000000000011';
const host = '2b7d5c1e-0000-4c7e-8d55-000000000002';
const policyPath = '/etc/xensource/usb-policy.conf';
const sysfs = '/sys/devices/pci0000:00/0000:00:05.0/usb1';
const stick = '1-2';
const dongle = '1-1';
const ids: Readonly<Record<string, string>> = {[stick]: '1cf1:0030', [dongle]: '0529:0001'};

const usb = (port: string) => ({kind: 'usb-device', usb: {id: ids[port] ?? '', port}}) as const;
const card = sampleDevice('0000:41:00.0', {id: '1234:1111', upstream: ['0000:40:00.0']});
const wish = (...ports: readonly string[]): Wish => ({devices: [card, ...ports.map(usb)], guest: {name: 'win10'}});

const list = (kind: string) => outputFile(['xe', `${kind}-list`, 'params=all']);
const record = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name} ( RO): ${value}\n`)
    .join('');
const pusb = (port: string, isEnabled = false): string =>
  record({
    uuid: `p${port}`,
    'host-uuid': host,
    path: port,
    'vendor-id': ids[port]?.slice(0, 4) ?? '',
    'product-id': ids[port]?.slice(5) ?? '',
    'usb-group-uuid': `g${port}`,
    'passthrough-enabled': String(isEnabled),
  });
const vusb = (port: string, owner: string): string =>
  record({uuid: `v${port}`, 'usb-group-uuid': `g${port}`, 'vm-uuid': owner});
const xapi = (pusbs: readonly string[], vusbs: readonly string[] = []) => ({
  [list('pusb')]: pusbs.join('\n\n'),
  [list('vusb')]: vusbs.join('\n\n'),
});

const commandsOf = (facts: HostFacts, ...ports: readonly string[]): readonly CommandArtifact[] =>
  decide(facts, wish(...ports)).changes.flatMap((change) =>
    change.kind === 'run' && change.command.kind === 'command' && /usb/.test(change.path) ? [change.command] : [],
  );
const linesOf = (facts: HostFacts, ...ports: readonly string[]) =>
  commandsOf(facts, ...ports).map(({argv}) => argv.slice(1).join(' '));

describe('a USB device for a VM of XCP-ng', () => {
  it('that the policy denies gets a rule, a record of XAPI, and a place in the VM, in this order', () => {
    const facts = xcpFacts();
    expect(textOf(facts, policyPath, wish(stick))).toBe(
      facts.files[policyPath]?.text?.replace(
        'DENY: class=02',
        'ALLOW:vid=1cf1 pid=0030 # vfio-pilot, profile sample\nDENY: class=02',
      ),
    );
    expect(
      decide(facts, wish(stick)).changes.map(({path}) => path.replace(/^\S*\/(xe|xen-cmdline) (\S+).*/, '$2')),
    ).toEqual([policyPath, '--set-dom0', 'vm-param-set', 'vm-param-set', 'pusb-scan', 'pusb-param-set', 'vusb-create']);
    const [scan, enable, create] = commandsOf(facts, stick);
    expect([scan?.undo, scan?.triggers]).toEqual([scan?.argv, [policyPath]]);
    expect([enable?.undo, create?.undo].map((undo) => undo?.slice(1).join(' '))).toEqual([
      'pusb-param-set uuid={pusb} passthrough-enabled=false',
      'vusb-destroy uuid={vusb}',
    ]);
  });

  it('that XAPI offers already needs no rule and no scan', () => {
    expect(linesOf(xcpFacts(), dongle)).toEqual([
      'pusb-param-set uuid={pusb} passthrough-enabled=true',
      `vusb-create usb-group-uuid={group} vm-uuid=${vm}`,
    ]);
    expect(textOf(xcpFacts(), policyPath, wish(dongle))).toBeNull();
  });

  it('that is allowed and was not seen yet is scanned for, which nothing has to undo', () => {
    const [scan] = commandsOf(xcpFacts(xapi([])), dongle);
    expect([scan?.argv.slice(1), scan?.undo, scan?.triggers]).toEqual([['pusb-scan', `host-uuid=${host}`], null, []]);
  });

  it('that the VM has needs nothing', () => {
    expect(linesOf(xcpFacts(xapi([pusb(dongle, true)], [vusb(dongle, vm)])), dongle)).toEqual([]);
  });

  it('is known by its port too: one of another host of the pool is another one', () => {
    const elsewhere = pusb(dongle, true).replace(host, 'other');
    expect(linesOf(xcpFacts(xapi([elsewhere], [vusb(dongle, vm)])), dongle)).toHaveLength(3);
  });

  it('alone leaves PCI and the arguments of dom0 as they are', () => {
    const {changes, findings} = decide(xcpFacts(), {devices: [usb(dongle)], guest: {name: 'win10'}});
    expect(changes.map(({path}) => path).join('\n')).not.toMatch(/xen-cmdline|other-config:pci/);
    expect(findings.filter(({severity}) => severity === 'blocker')).toEqual([]);
  });

  const rule = (change: (text: string) => string) => ({
    [policyPath]: change(xcpFacts().files[policyPath]?.text ?? ''),
  });

  it.each([
    [
      'with a policy that XAPI can’t read',
      rule((text) => `${text}  # indented\n`),
      [dongle],
      'blocker xapi-usb-policy',
    ],
    ['with a policy that an older XAPI can’t read', rule((text) => `${text}\n`), [dongle], 'warning xapi-usb-policy'],
    ['without a policy', {[policyPath]: null}, [dongle], 'blocker xapi-usb-policy'],
    ['that the policy denies', {}, [stick], 'warning xapi-usb-policy'],
    ['of a host whose xe does not answer', {[list('pusb')]: null}, [dongle], 'blocker xapi-usb-unknown'],
    ['of an older capture', {[`${sysfs}/1-1/1-1:1.0/bInterfaceSubClass`]: null}, [dongle], 'blocker xapi-usb-unknown'],
    ['that is not plugged in', {[`${sysfs}/1-1/idVendor`]: '1111\n'}, [dongle], 'blocker usb-absent'],
    ['that is a hub', {[`${sysfs}/1-1/bDeviceClass`]: '09\n'}, [dongle], 'blocker usb-absent'],
    ['that is pulled out one day', {}, [dongle], 'warning xapi-usb-forgotten'],
    ['that another VM has', xapi([pusb(dongle)], [vusb(dongle, mail)]), [dongle], 'blocker xapi-usb-taken'],
    [
      'of a VM with six others',
      xapi(
        [],
        ['1-3', '1-4', '1-5', '1-6', '1-7', '1-8'].map((port) => vusb(port, vm)),
      ),
      [dongle],
      'blocker xapi-usb-limit',
    ],
    [
      'next to a PCI device on 8.2',
      {'/etc/xensource-inventory': `PRODUCT_BRAND='XCP-ng'\nPRODUCT_VERSION='8.2.1'\nINSTALLATION_UUID='${host}'\n`},
      [dongle],
      'blocker xapi-usb-with-pci',
    ],
  ] as const)('failure modes 100, 102 and 103: one %s is reported', (_, changed, ports, code) => {
    expect(codes(xcpFacts(changed), wish(...ports))).toContain(code);
  });

  it('failure mode 100: names the rule that denies it', () => {
    expect(finding(xcpFacts(), 'xapi-usb-policy', wish(stick))?.message).toContain(
      'Line 3 of /etc/xensource/usb-policy.conf denies usb/1cf1:0030@1-2 (DENY: class=02 # Modems)',
    );
  });

  it('is judged by check, before anybody asks for it', () => {
    const checkOf = (changed: Parameters<typeof xcpFacts>[0]) =>
      runChecks(xcpFacts(changed)).find(({id}) => id === 'xapi-usb');
    expect(checkOf({})).toMatchObject({
      status: 'ok',
      fact: `${policyPath} allows 0529:0001 at 1-1, and denies 1cf1:0030 at 1-2 (line 3).`,
    });
    expect(checkOf(rule(() => 'ALLOW\n'))).toMatchObject({status: 'warning', fact: expect.stringContaining('line 1')});
    expect(checkOf({[policyPath]: null})).toMatchObject({status: 'info'});
  });

  const promiseOf = (changed: Parameters<typeof xcpFacts>[0], port: string) =>
    xcpNg.promises(xcpFacts(changed), decide(xcpFacts(), wish(port)).plan).find(({id}) => id === 'xapi-usb');
  const away = {[`${sysfs}/1-1/idVendor`]: '1111\n'};

  it.each([
    ['the policy denies it', {}, stick, /^Line 3 of .* denies it/],
    ['XAPI has not seen it', xapi([]), dongle, /no record of it .* allows it/],
    ['it is pulled out', {...xapi([]), ...away}, dongle, /^It is not plugged in/],
    ['dom0 has it', {}, dongle, /passthrough-enabled: false/],
    ['the VM has no place for it', xapi([pusb(dongle, true)]), dongle, /^No VM has a place/],
    [
      'another VM has it',
      xapi([pusb(dongle, true)], [vusb(dongle, mail)]),
      dongle,
      /^The VM with the UUID .*011 has it/,
    ],
    ['XAPI can’t read the policy', {...xapi([]), ...rule(() => 'ALLOW\n')}, dongle, /^XAPI can’t read line 1/],
  ])('failure mode 101: is not there for the VM where %s', (_, changed, port, fact) => {
    const {id, status, fact: said} = promiseOf(changed, port) ?? {};
    expect(`${id} ${status}`).toBe('xapi-usb broken');
    expect(said).toMatch(fact);
  });

  it('is there for the VM when the whole chain is', () => {
    expect(promiseOf(xapi([pusb(dongle, true)], [vusb(dongle, vm)]), dongle)?.status).toBe('kept');
    expect(promiseOf({[list('vusb')]: null}, dongle)?.status).toBe('unknown');
  });
});
