import {describe, expect, it} from 'vitest';
import {attributeOf, childNamed, childrenNamed} from '../../../src/formats/xml/document.ts';
import {editDomain} from '../../../src/hypervisor/kvm/domain/edit-domain.ts';
import {renderNewDomain} from '../../../src/hypervisor/kvm/domain/new-domain.ts';
import type {KvmPlan} from '../../../src/hypervisor/kvm/kvm-plan.ts';
import type {KvmGuestPlan} from '../../../src/plan/plan.ts';
import {parse} from './canonical.ts';
import {domain, sampleFacts, windows11, withGuest} from './sample.ts';
import {schemaProblem, skipsSchema} from './schema.ts';

const keyboard = '/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd';
const second = '/dev/input/by-id/usb-Cherry_Keyboard-event-kbd';
const mouse = '/dev/input/by-id/usb-Razer_Mouse-event-mouse';
const evdev: KvmGuestPlan['evdev'] = [
  {path: keyboard, isKeyboard: true},
  {path: mouse, isKeyboard: false},
];

const planned = (guest: Partial<KvmGuestPlan> = {}): KvmPlan => ({
  ...windows11,
  guest: {...windows11.guest, evdev, evdevToggle: 'ctrl-ctrl', ...guest},
});

const created = (plan: KvmPlan): string => {
  const result = renderNewDomain(plan, sampleFacts());
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result.xml;
};

const edited = (xml: string, plan: KvmPlan) => {
  const result = editDomain(xml, {...plan, guest: {...plan.guest, isNew: false}}, sampleFacts(), plan.guest.path);
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result;
};

/** Each input with what its source says. */
const inputs = (xml: string): readonly string[] =>
  childrenNamed(childNamed(parse(xml).root, 'devices'), 'input').map((input) => {
    const source = childNamed(input, 'source');
    const said = ['dev', 'grab', 'grabToggle', 'repeat'].flatMap((name) => attributeOf(source, name) ?? []);
    return [attributeOf(input, 'type'), ...said].join(' ');
  });

const handedOver = [`evdev ${keyboard} all ctrl-ctrl on`, `evdev ${mouse}`];

describe('a keyboard and a mouse of the host in the guest', () => {
  it('are handed over by one press, and come to an emulated keyboard and mouse, not to a tablet', () => {
    expect(inputs(created(planned())).toSorted()).toEqual([...handedOver, 'keyboard', 'mouse']);
  });

  it.each(['prepare', 'run'] as const)('are there in the phase %s, also where an edit comes from install', (phase) => {
    const install = created(planned({phase: 'install'}));
    expect(inputs(install).filter((input) => input.startsWith('evdev'))).toEqual([]);
    const {xml} = edited(install, planned({phase}));
    expect(inputs(xml).toSorted()).toEqual([...handedOver, 'keyboard', 'mouse']);
    expect(edited(xml, planned({phase})).xml).toBe(xml);
    const back = edited(xml, planned({phase: 'install'})).xml;
    expect(inputs(back).filter((input) => input.startsWith('evdev'))).toEqual([]);
    expect(inputs(back)).toContain('tablet');
  });

  it('take the place of a tablet, which the user hears of', () => {
    const {findings, xml} = edited(created(windows11), planned());
    expect(inputs(xml)).not.toContain('tablet');
    expect(findings).toContainEqual(
      expect.objectContaining({code: 'guest-setting-replaced', message: expect.stringContaining('tablet')}),
    );
  });

  it('leave the tablet where only a keyboard is handed over', () => {
    const plan = planned({evdev: evdev.slice(0, 1)});
    expect(inputs(created(plan)).toSorted()).toEqual([handedOver[0], 'keyboard', 'tablet']);
  });

  it('have one keyboard that takes the others along: two would leave each other out', () => {
    const plan = planned({evdev: [{path: second, isKeyboard: true}, ...evdev]});
    expect(inputs(created(plan)).filter((input) => input.includes(' all '))).toHaveLength(1);
  });

  const owned = (source: string): string =>
    domain('', `    <input type='evdev'>\n      <source dev='${keyboard}' ${source}/>\n    </input>\n`);
  const mine = (toggle: KvmGuestPlan['evdevToggle']): KvmPlan =>
    withGuest({evdev: evdev.slice(0, 1), evdevToggle: toggle});

  it.each(["grab='all'", "grab='all' repeat='off'", "grab='all' grabToggle='ctrl-ctrl'"])(
    'stay to the byte where the guest has them already (%s)',
    (source) => {
      const before = owned(source);
      const line = `<source dev='${keyboard}' ${source}/>`;
      expect(edited(before, mine('ctrl-ctrl')).xml).toContain(line);
    },
  );

  it('get the keys of the profile in place of others', () => {
    expect(inputs(edited(owned("grab='all' grabToggle='alt-alt'"), mine('scrolllock')).xml)[0]).toBe(
      `evdev ${keyboard} all scrolllock`,
    );
  });

  it('are told of where the plan does not name them, and stay', () => {
    const before = owned("grab='all'");
    const {xml, findings} = edited(before, withGuest({}));
    expect(inputs(xml)).toEqual([`evdev ${keyboard} all`]);
    expect(findings).toContainEqual(
      expect.objectContaining({code: 'guest-hostdev-foreign', message: expect.stringContaining(keyboard)}),
    );
  });

  it.skipIf(skipsSchema).each([null, 'install', 'prepare', 'run'] as const)(
    'make a domain that the schema of libvirt accepts in the phase %s',
    (phase) => {
      expect(schemaProblem(created(planned({phase})))).toBeNull();
      expect(
        schemaProblem(edited(created({...windows11, guest: {...windows11.guest, phase}}), planned({phase})).xml),
      ).toBeNull();
    },
  );
});
