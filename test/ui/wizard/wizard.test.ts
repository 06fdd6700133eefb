import {describe, expect, it} from 'vitest';
import {identityOf} from '../../../src/devices/device-kinds.ts';
import {libvirtOf} from '../../../src/facts/virtualisation.ts';
import {proposeProfile} from '../../../src/pipeline/propose-profile.ts';
import {type Key, type NamedKey, splitKeys} from '../../../src/ui/read-keys.ts';
import type {WizardServices} from '../../../src/ui/services.ts';
import {deviceLines} from '../../../src/ui/views/device-lines.ts';
import {lendLines} from '../../../src/ui/views/lend-lines.ts';
import {rowLabels} from '../../../src/ui/views/row-labels.ts';
import {riskFields} from '../../../src/ui/wizard/consent-fields.ts';
import {fieldContextOf, profileOf} from '../../../src/ui/wizard/context.ts';
import {viewOf, type WizardState} from '../../../src/ui/wizard/state.ts';
import {reduce, startWizard} from '../../../src/ui/wizard/wizard.ts';
import {plainText} from '../../../src/words/lines.ts';
import {samplePci, sampleSriov} from '../../support/sample-facts.ts';
import {sampleHost, sampleServices} from '../sample-services.ts';

const size = {columns: 80, rows: 24};
const shownOf = (view: string) => ({view, pane: {lines: [], height: 10}});
const key = (name: NamedKey): Key => ({name});
const [enter, escape, down, right, left] = (['enter', 'escape', 'down', 'right', 'left'] as const).map(key) as [
  Key,
  Key,
  Key,
  Key,
  Key,
];

const begin = (overrides: Partial<WizardServices> = {}) => {
  const {context, state: home} = startWizard(sampleServices(overrides), size);
  const press = (before: WizardState, ...keys: readonly Key[]): WizardState =>
    keys.reduce(
      (now, one) => reduce(context, now, {type: 'pressed', keys: [one], shown: shownOf(viewOf(now))}),
      before,
    );
  const chunk = (before: WizardState, ...keys: readonly Key[]): WizardState =>
    reduce(context, before, {type: 'pressed', keys, shown: shownOf(viewOf(before))});
  const type = (before: WizardState, text: string): WizardState => press(before, ...splitKeys(text));
  return {
    context,
    home,
    state: press(home, enter),
    press,
    chunk,
    type,
    profile: (of: WizardState) => profileOf(context, of.draft),
  };
};

describe('forward and back', () => {
  it('forgets nothing', () => {
    const {state, press, type, profile} = begin();
    const atGuest = press(type(press(press(state, enter, enter), left, enter), '8'), enter);
    const before = profile(atGuest);
    const again = press(press(atGuest, escape, escape, escape, escape), enter, enter, enter, enter);
    expect(again.step).toBe('guest');
    expect(profile(again)).toEqual(before);
    expect(before.memory.sizeMiB).toBe(8192);
  });

  it('keeps sizes and names for another card, and drops its node', () => {
    const {state, press, type, profile} = begin();
    const atCpu = press(state, enter, enter);
    const edited = press(type(atCpu, '4'), down, right);
    expect(profile(edited).cpu).toMatchObject({vcpus: 4, node: 0});
    const other = press(edited, escape, down, enter, enter);
    expect(profile(other).devices.map((device) => device.address)).toEqual(['0000:0a:03.0']);
    expect(profile(other).cpu).toMatchObject({vcpus: 4, node: 'auto'});
  });

  it('goes back to the start screen, and asks there before it leaves by Esc', () => {
    const {state, press} = begin();
    const home = press(state, escape);
    expect([home.step, home.overlay]).toEqual(['home', 'none']);
    expect(press(home, escape).overlay).toBe('leave');
  });
});

describe('a choice is resolved from the state', () => {
  it('takes the row below when Down and Enter arrive in one chunk', () => {
    const saved = {
      path: '/home/me/old.yaml',
      text: '',
      profile: {...proposeProfile(sampleHost(), ['0000:06:00.0']), name: 'old'},
    };
    const {home, chunk, profile} = begin({savedProfiles: [saved]});
    expect(home.step).toBe('home');
    const next = chunk(home, down, enter);
    expect([next.step, next.draft.path, profile(next).name]).toEqual(['checks', '/home/me/old.yaml', 'old']);
  });

  it('filters and chooses in one chunk', () => {
    const {state, press, chunk, profile} = begin();
    const next = chunk(press(state, enter), ...splitKeys('/0a:03'), enter, enter);
    expect(profile(next).devices[0]?.address).toBe('0000:0a:03.0');
  });
});

describe('what does not fit is ignored', () => {
  it('does not let a second Enter of the same chunk fall through to the next screen', () => {
    const {state, chunk} = begin();
    expect(chunk(state, enter, enter, enter).step).toBe('device');
  });

  it('does nothing for keys that were pressed on another screen', () => {
    const {context, state, press} = begin();
    const atDevice = press(state, enter);
    expect(reduce(context, atDevice, {type: 'pressed', keys: [enter], shown: shownOf('checks')})).toEqual(atDevice);
  });

  it('ignores results of a task that does not run', () => {
    const {context, state} = begin();
    expect(reduce(context, state, {type: 'apply-succeeded', id: 'x'})).toEqual(state);
    expect(reduce(context, state, {type: 'profile-saved', path: '/x'})).toEqual(state);
  });

  it('ignores keys while the terminal is too small, and not Ctrl-C', () => {
    const {context, state, press} = begin();
    const small = reduce(context, state, {type: 'resized', size: {columns: 59, rows: 24}});
    expect(press(small, enter).step).toBe('checks');
    expect(press(small, key('interrupt')).outcome?.reason).toBe('interrupted');
  });
});

describe('fields', () => {
  it('steps vCPUs by whole cores', () => {
    const {state, press, profile} = begin();
    const atCpu = press(state, enter, enter);
    const {vcpus} = profile(atCpu).cpu;
    expect([profile(press(atCpu, left)).cpu.vcpus, profile(press(atCpu, right)).cpu.vcpus]).toEqual([
      vcpus - 2,
      vcpus + 2,
    ]);
  });

  it('makes explicit pins automatic when the count they were written for changes', () => {
    const base = proposeProfile(sampleHost(), ['0000:06:00.0']);
    const pinned = {...base, cpu: {...base.cpu, vcpus: 4, pins: [0, 12, 2, 14], emulator: [10]}};
    const {home, press, profile} = begin({savedProfiles: [{path: '/p.yaml', profile: pinned, text: ''}]});
    const atCpu = press(home, down, enter, enter, enter);
    expect(profile(atCpu).cpu.pins).toEqual([0, 12, 2, 14]);
    expect(profile(press(atCpu, right)).cpu).toMatchObject({vcpus: 6, pins: 'auto', emulator: 'auto'});
    expect(profile(press(atCpu, right, left)).cpu).toMatchObject({vcpus: 4, pins: [0, 12, 2, 14], emulator: [10]});
  });
});

describe('what has to be given up', () => {
  const unsafe = {facts: sampleHost({iommu: {...sampleHost().iommu, interruptRemapping: false}})};

  it('is asked for on a step of its own, and given only by the word', () => {
    const {state, press, type, profile} = begin(unsafe);
    const atRisks = press(state, enter, enter);
    expect(atRisks.step).toBe('risks');
    expect(profile(type(atRisks, 'accep')).host.allowUnsafeInterrupts).toBe(false);
    const given = type(atRisks, 'accept');
    expect(profile(given).host.allowUnsafeInterrupts).toBe(true);
    expect(profile(press(given, key('backspace'))).host.allowUnsafeInterrupts).toBe(false);
    expect(given.preview.findings.some((finding) => finding.code === 'interrupt-remapping-missing')).toBe(false);
  });

  it('is no step where nothing has to be', () => {
    const {state, press} = begin();
    expect(press(state, enter, enter).step).toBe('cpu');
  });
});

describe('a trial boot', () => {
  const trial = {preview: () => ({changes: []}), apply: () => Promise.resolve({id: 'x'})};
  const atApply = (overrides: Partial<WizardServices>) => {
    const begun = begin(overrides);
    const {context, state, press} = begun;
    const saved = reduce(context, press(state, ...Array.from({length: 20}, () => enter)), {
      type: 'profile-saved',
      path: '/p.yaml',
    });
    return {...begun, state: saved};
  };

  it('is started by the word try where it is possible', () => {
    const {context, state, press, type} = atApply({trial});
    const running = press(type(state, 'try'), enter);
    expect(running.apply).toMatchObject({phase: 'running', isTrial: true});
    expect(reduce(context, running, {type: 'apply-succeeded', id: 'x'}).apply).toEqual({
      phase: 'done',
      id: 'x',
      isTrial: true,
      needsReboot: true,
    });
    expect(press(type(state, 'apply'), enter).apply).toMatchObject({phase: 'running', isTrial: false});
  });

  it('is not started where it is not possible, and the notice names only the word that is', () => {
    for (const impossible of [null, {...trial, preview: () => ({reason: 'GRUB can not write'})}]) {
      const {state, press, type} = atApply({trial: impossible});
      const after = press(type(state, 'try'), enter);
      expect(after.apply.phase).toBe('typing');
      expect(after.notice).toBe('Type apply, then press Enter. Nothing was written.');
      // What is typed next is not put behind the refused word.
      expect(press(type(after, 'apply'), enter).apply.phase).toBe('running');
    }
  });
});

describe('the only card of a host', () => {
  const only = {facts: sampleHost({pci: sampleHost().pci.filter(({address}) => address !== '0000:0a:03.0')})};

  it('is lent while the guest runs unless the user says otherwise, which leaves nothing to accept', () => {
    const {context, state, press, profile} = begin(only);
    const atQuestion = press(state, enter, enter);
    expect(atQuestion.step).toBe('lend');
    const atRisks = press(atQuestion, enter);
    expect([atRisks.step, profile(atRisks).binding]).toEqual(['risks', 'handover']);
    const atBoot = press(atRisks, right);
    expect(profile(atBoot).binding).toBe('auto');
    expect(riskFields(fieldContextOf(context, atBoot)).map(({id}) => id)).toEqual([
      'binding',
      'host.acceptLossOf:0000:06:00.0',
    ]);
    const lent = press(atBoot, left);
    expect(profile(lent).binding).toBe('handover');
    expect(riskFields(fieldContextOf(context, lent)).map(({id}) => id)).toEqual(['binding']);
    expect(lent.preview.findings.filter(({severity}) => severity === 'blocker')).toEqual([]);
    expect(lent.preview.findings.map(({code}) => code)).toContain('handover-screen');
    expect(profile(press(lent, left)).binding).toBe('libvirt');
  });

  it('is kept on request: back to the devices, with nothing given away', () => {
    const {state, press, profile} = begin(only);
    const kept = press(state, enter, enter, down, enter);
    expect([kept.step, kept.notice, profile(kept).binding]).toEqual([
      'device',
      'The host keeps this card. Choose another device.',
      'handover',
    ]);
  });

  it('goes at boot only when that is chosen, and then needs consent', () => {
    const {context, state, press, profile} = begin(only);
    const given = press(state, enter, enter, down, down, enter);
    expect([given.step, profile(given).binding]).toEqual(['risks', 'auto']);
    expect(riskFields(fieldContextOf(context, given)).map(({id}) => id)).toContain('host.acceptLossOf:0000:06:00.0');
    expect(given.preview.findings.some(({severity}) => severity === 'blocker')).toBe(true);
  });

  it('is not offered to be lent where the host can’t, and why is said; the first answer keeps it', () => {
    const facts = sampleHost({
      pci: sampleHost().pci.filter(({address}) => address !== '0000:0a:03.0'),
      virtualisation: {...libvirtOf(sampleHost()), version: '5.0.0'},
    });
    const {context, state, press} = begin({facts});
    const asked = press(state, enter, enter);
    expect(asked.step).toBe('lend');
    expect(rowLabels(context, asked, [0, 9]).map(({value}) => value)).toEqual(['keep', 'boot']);
    expect(lendLines(context, asked, 80).map(plainText).join(' ')).toContain("The card can't be handed over");
    expect(press(asked, enter).step).toBe('device');
  });

  it('is no question where the host keeps another screen', () => {
    const {context, state, press} = begin();
    expect(press(state, enter, enter).step).toBe('cpu');
    expect(riskFields(fieldContextOf(context, press(state, enter, enter)))).toEqual([]);
  });
});

describe('apply', () => {
  const atApply = (overrides: Partial<WizardServices> = {}) => {
    const begun = begin(overrides);
    let {state} = begun;
    while (state.step !== 'save') state = begun.press(state, enter);
    state = begun.press(begun.press(state, right), enter);
    return {...begun, state};
  };

  it('begins with the word and not with Enter', () => {
    const {state, press, type} = atApply();
    expect(state.step).toBe('apply');
    expect(press(state, enter).apply.phase).toBe('typing');
    expect(press(type(state, 'appl'), enter).apply.phase).toBe('typing');
    expect(press(type(state, 'apply'), enter).apply.phase).toBe('running');
  });

  it('can not begin while something blocks', () => {
    const blocked = sampleServices();
    const {state, press, type} = atApply({
      preview: (profile) => ({
        ...blocked.preview(profile),
        findings: [{code: 'memory-too-large', severity: 'blocker', subject: 'memory.size', message: 'm', remedy: 'r'}],
      }),
    });
    expect(press(type(state, 'apply'), enter).apply.phase).toBe('typing');
  });

  it('can not begin for who may not', () => {
    const {state, press, type} = atApply({
      canApply: {ok: false, label: 'read-only: not root', reason: 'Only root can apply.'},
    });
    expect(press(type(state, 'apply'), enter).apply.phase).toBe('typing');
  });

  it('turns Ctrl-C into stop and restore, and does not end', () => {
    const {state, press, type} = atApply();
    const running = press(type(state, 'apply'), enter);
    const stopped = press(running, key('interrupt'), key('interrupt'), escape, enter);
    expect([stopped.apply.phase, stopped.outcome]).toEqual(['restoring', null]);
  });

  it('never says that a machine of unknown state is unchanged', () => {
    const {context, state, press, type} = atApply();
    const running = press(type(state, 'apply'), enter);
    const failed = reduce(context, running, {
      type: 'apply-failed',
      error: {message: 'm', step: 's', isRestored: false, nextStep: 'n'},
      cause: 'why',
    });
    expect(failed.apply.phase).toBe('failed');
    expect(press(failed, enter, enter).outcome).toMatchObject({reason: 'finished', appliedId: null, error: 'why'});
  });
});

describe('a part of a card', () => {
  const nic = samplePci('0000:04:00.0', {
    class: '020000',
    vendor: '8086',
    device: '1521',
    driver: 'igb',
    iommuGroup: 30,
    name: 'I350 Gigabit Network Connection',
    sriov: sampleSriov({enabled: 0}),
  });
  const facts = {...sampleHost(), pci: [...sampleHost().pci, nic]};

  it('is a row of its own that can be looked for, says what it means for the card, and is chosen', () => {
    const services = sampleServices({facts});
    const {context, state, press, type, profile} = begin(services);
    const looking = press(type(press(state, enter), 'o/virtual'), enter);
    expect(rowLabels(context, looking, [0, 9])).toEqual([
      {value: '0000:04:00.0/virtfn0', label: expect.stringMatching(/^\( \) .*virtfn0 .*virtual function 0 on I350/)},
      {value: '0000:04:00.0/any', label: expect.stringContaining('any free virtual function on I350')},
    ]);
    const pane = deviceLines(context, looking, 200).map(plainText).join('\n');
    expect(pane).toContain('✓ A guest can have this part of the card.');
    expect(pane).toContain('The card and its driver (igb) stay with the host. 0000:04:00.0 has 0 of 7');
    const chosen = press(looking, enter);
    expect(chosen.step).toBe('cpu');
    expect(profile(chosen).devices.map(identityOf)).toEqual(['0000:04:00.0/virtfn0']);
    const back = press(chosen, escape);
    expect(rowLabels(context, back, [0, 9])[0]?.label).toMatch(/^\(•\)/);
  });

  it('of a card that is not here is said to be missing, and one of a card that is here is not', () => {
    const saved = (address: string) => ({
      path: '/home/me/old.yaml',
      text: '',
      profile: {
        ...proposeProfile(facts, ['0000:04:00.0/virtfn0']),
        devices: proposeProfile(facts, ['0000:04:00.0/virtfn0']).devices.map((device) => ({
          ...device,
          function: {
            of: {address, id: null, subsystem: null, upstream: null},
            index: 0,
            count: 'auto',
            id: null,
            vgpu: null,
            mixedSizes: false,
          },
        })),
      },
    });
    const paneOf = (address: string): string => {
      const {context, home, press} = begin({...sampleServices({facts}), savedProfiles: [saved(address)]});
      const there = press(home, down, enter, enter);
      return deviceLines(context, there, 200).map(plainText).join('\n');
    };
    expect(paneOf('0000:04:00.0')).not.toContain('is not in this machine');
    expect(paneOf('0000:44:00.0')).toContain('0000:44:00.0/virtfn0 is not in this machine');
  });
});
