import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {allowInPolicy, judgeByPolicy, parseUsbPolicy, type PolicyDevice} from '../../../src/formats/xapi/usb-policy.ts';
import {isOffered, readRules} from '../../support/stand-in-dom0/usb-policy.mjs';

type Triple = readonly [string, string, string];

const device = (id: string, ...interfaces: readonly Triple[]): PolicyDevice => ({
  id,
  release: '0100',
  classes: interfaces.map(([kind, subclass, protocol]) => ({class: kind, subclass, protocol})),
});
const keyboard = device('046d:c31c', ['03', '01', '01']);
const modem = device('1cf1:0030', ['02', '02', '01'], ['0a', '00', '00']);
const dongle = device('0529:0001', ['ff', '00', '00']);

const policy = `# Rules
DENY: class=02 # Modems
ALLOW:vid=056a pid=0315 class=03 # A tablet
DENY: class=03 subclass=01 prot=01 # Keyboards
DENY: class=0a # Data of modems
ALLOW: # Everything else
`;

/** Our own second reader, which shares nothing with the first one. */
const oracle = (text: string, {id, release, classes}: PolicyDevice, isOld = false): boolean | 'fault' => {
  const [vid, pid] = id.split(':');
  const interfaces = classes.map((one) => [one.class, one.subclass, one.protocol]);
  try {
    return isOffered(readRules(text, isOld), {vid, pid, rel: release, interfaces});
  } catch {
    return 'fault';
  }
};

describe('usb-policy.conf', () => {
  it.each([
    ['what the last rule allows', dongle, true, null],
    ['a keyboard', keyboard, false, 4],
    ['a device of which one interface is denied, by its first denial', modem, false, 2],
  ])('decides about %s', (_, one, isAllowed, line) => {
    const verdict = judgeByPolicy(parseUsbPolicy(policy), one);
    expect([verdict.isAllowed, verdict.denial?.number ?? null]).toEqual([isAllowed, line]);
  });

  it('denies what no rule is true of', () => {
    expect(judgeByPolicy(parseUsbPolicy('ALLOW: class=08\n'), dongle)).toEqual({isAllowed: false, denial: null});
  });

  it.each([
    ['ALLOW: vid=0x046d'],
    ['ALLOW: class=3'],
    ['ALLOW: vid=046d, pid=c31c'],
    ['ALLOW: vid=046d vid=046d'],
    ['ALLOW: vid=046d: pid=c31c'],
    ['ALLOW: serial=12'],
    ['ALLOW vid=046d'],
    ['PERMIT: vid=046d'],
    ['  # An indented comment'],
  ])('failure mode 100: %j ends the reading, and no device is offered', (line) => {
    const text = `ALLOW:\n${line}\n`;
    expect(parseUsbPolicy(text).fault).toEqual({number: 2, text: line});
    expect(oracle(text, dongle)).toBe('fault');
  });

  it('names an empty line, at which older versions end', () => {
    const text = 'ALLOW:\n\nDENY: class=02\n';
    expect(parseUsbPolicy(text)).toMatchObject({fault: null, emptyLine: 2});
    expect([oracle(text, dongle), oracle(text, dongle, true)]).toEqual([true, 'fault']);
  });
});

describe('a rule for one device', () => {
  it('goes in front of the first rule that denies it, and every other byte stays', () => {
    const own = 'ALLOW:vid=046d pid=c31c # mine\n';
    expect(allowInPolicy(policy, keyboard, 'mine')).toBe(policy.replace('DENY: class=03', `${own}DENY: class=03`));
    expect(allowInPolicy(policy, modem, 'mine')).toMatch(/^# Rules\nALLOW:vid=1cf1 pid=0030 # mine\nDENY: class=02/);
  });

  it('is not written where the device is allowed', () => {
    expect(allowInPolicy(policy, dongle, 'mine')).toBeNull();
  });

  it('goes to the end where no rule is true of it, also behind a line without an end', () => {
    expect(allowInPolicy('DENY: class=02', dongle, 'mine')).toBe('DENY: class=02\nALLOW:vid=0529 pid=0001 # mine\n');
  });

  it('has the line ends of the file, and no character that is not plain', () => {
    expect(allowInPolicy('DENY:\r\n', dongle, 'für\nmich')).toBe('ALLOW:vid=0529 pid=0001 # f r mich\r\nDENY:\r\n');
  });

  const pair = fc.constantFrom(
    'class=02',
    'class=03',
    'CLASS=0A',
    'subclass=01',
    'prot=01',
    'vid=1cf1',
    'vid = 046D',
    'pid=0030',
    'rel=0100',
    'class=3',
    'vid=0x1cf1',
    'foo=01',
    'class=02,',
  );
  const line = fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .tuple(fc.constantFrom('ALLOW:', 'deny : '), fc.uniqueArray(pair, {maxLength: 3}))
        .map(([action, pairs]) => `${action}${pairs.join(' ')}`),
    },
    fc.constantFrom('# a: comment', ' # indented', '', 'ALLOW: class=ff # why'),
  );
  const text = fc
    .tuple(fc.array(line, {maxLength: 6}), fc.constantFrom('\n', '\r\n'), fc.boolean())
    .map(([lines, end, hasEnd]) => lines.join(end) + (hasEnd ? end : ''));

  it('reaches every device, as a second reader of our own says, and takes nothing from others', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(text, fc.constantFrom(keyboard, modem, dongle), (before, one) => {
        const {fault, emptyLine} = parseUsbPolicy(before);
        const isAllowed = judgeByPolicy(parseUsbPolicy(before), one).isAllowed;
        expect(fault === null ? isAllowed : 'fault').toBe(oracle(before, one));
        if (fault !== null || emptyLine !== null) expect(oracle(before, one, true)).toBe('fault');
        outcomes.add(fault === null ? String(isAllowed) : 'fault');
        const after = fault === null ? allowInPolicy(before, one, 'mine') : null;
        if (after === null) return;
        expect(oracle(after, one)).toBe(true);
        for (const other of [keyboard, modem, dongle])
          if (other !== one) expect(oracle(after, other)).toBe(oracle(before, other));
      }),
      {numRuns: 2000},
    );
    expect([...outcomes].sort()).toEqual(['false', 'fault', 'true']);
  });
});
