import {describe, expect, it} from 'vitest';
import {keysNamedIn} from '../../src/findings/named-keys.ts';
import {readHost} from '../../src/host/read-host.ts';
import {documentedKeys} from '../../src/pipeline/profile-file.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {openSource} from '../../src/system/source.ts';
import {fieldContextOf} from '../../src/ui/wizard/context.ts';
import {focusedField} from '../../src/ui/wizard/form-step.ts';
import {draftFromProfile} from '../../src/ui/wizard/draft.ts';
import {withJudged} from '../../src/ui/wizard/move.ts';
import {targetsHere} from '../../src/ui/wizard/places.ts';
import {nameSettings, settingsFor} from '../../src/ui/wizard/setting-words.ts';
import {viewOf, type WizardState} from '../../src/ui/wizard/state.ts';
import {reduce, startWizard} from '../../src/ui/wizard/wizard.ts';
import {sourceTexts} from '../support/source-texts.ts';
import {hostNames, unpackHost} from '../support/host-tree.ts';
import {sampleServices} from './sample-services.ts';

/** What the wizard never shows: the command line’s own words, other programs’ formats, and files. */
const elsewhere = /^src\/(?:commands|exchange|profile|formats|fleet|ui|(?:cli|main)\.ts)/;

const {context, state} = startWizard(sampleServices(), {columns: 80, rows: 24});
const shown = fieldContextOf(context, state);

const keys = documentedKeys().map(({path}) => path);
/** `guest.cdrom`, and `binding:` as in YAML; a key of a device in backticks. */
const isYaml = (text: string): boolean =>
  keys.some(
    (key) => key.includes('.') && new RegExp(`(?<![\\w/])${key.replaceAll(/[.[\]]/g, '\\$&')}(?![\\w/.-])`).test(text),
  ) || /\bbinding: |\bdevices\[| to devices\b|`[a-zA-Z]+: [^`]*`/.test(text);

const sentences = sourceTexts((path) => !elsewhere.test(path)).filter(({text}) => /\w \w/.test(text));

describe('a text that the wizard shows', () => {
  it('is looked for in all of the code', () => expect(sentences.length).toBeGreaterThan(1500));

  it('names the step and the field, and never a key of the file', () => {
    const left = sentences
      .map(({path, text}) => ({path, text: nameSettings(text, shown)}))
      .filter(({text}) => isYaml(text));
    expect(left).toEqual([]);
  });

  it('names keys of the file on the command line, where they are right (control)', () =>
    expect(sentences.filter(({text}) => isYaml(text)).length).toBeGreaterThan(100));

  it('names a way of binding as the form does, also where the form does not offer it here', () =>
    expect(
      ['handover', 'boot', 'address', 'ids', 'auto', 'libvirt'].map((way) =>
        nameSettings(`Choose \`binding: ${way}\`.`, shown),
      ),
    ).toEqual(
      ['while the guest runs', 'at boot', 'at boot', 'at boot', 'at boot', 'when the guest starts'].map(
        (words) => `Choose "Risks › Give the card: ${words}".`,
      ),
    ));

  it('names only keys that have a field', () => {
    const named = new Set(sentences.flatMap(({text}) => keysNamedIn(text)).map(({key}) => key));
    const known = keys.filter((key) => named.has(key));
    expect(known.length).toBeGreaterThan(25);
    expect(known.filter((key) => settingsFor({key, value: null}, shown).length === 0)).toEqual([]);
  });
});

/** Wishes that a host refuses, so that there is much to be remedied. */
const wishes: readonly ((profile: Profile) => Profile)[] = [
  (profile) => profile,
  (profile) => ({...profile, binding: 'handover'}),
  (profile) => ({...profile, binding: 'ids', memory: {...profile.memory, sizeMiB: 900 * 1024, hugepages: '1GiB'}}),
  (profile) => ({
    ...profile,
    cpu: {...profile.cpu, vcpus: 2, pins: [0, 7000], node: 99, emulator: [0], isolation: 'boot'},
    guest: {...profile.guest, domain: 'existing', name: 'nobody', mapping: true, hookscript: true, firmware: 'bios'},
  }),
  (profile) => ({
    ...profile,
    devices: profile.devices.map((device) => ({...device, rom: '/home/me/card.rom'})),
    memory: {...profile.memory, allocation: 'start', node: 77},
    guest: {
      ...profile.guest,
      diskPool: 'nowhere',
      cdrom: '/nowhere.iso',
      hypervVendorId: 'made-by-me',
      numaCell: false,
    },
    host: {...profile.host, ignoreMsrs: true, disableIdleD3: true},
  }),
];

describe('a remedy of a finding', () => {
  it.each(hostNames())('has a key to each setting that it names, on %s', (name) => {
    const facts = readHost(openSource(unpackHost(name), null));
    const begun = startWizard(sampleServices({facts}), {columns: 80, rows: 24});
    const unreachable: unknown[] = [];
    let named = 0;
    for (const card of begun.context.cards)
      for (const wish of wishes) {
        const profile = wish(begun.context.services.proposeProfile(card.identities));
        const opened = withJudged(begun.context, {...begun.state, draft: draftFromProfile(profile), step: 'review'});
        for (const finding of opened.preview.findings) {
          const alone = {...opened, preview: {...opened.preview, findings: [finding]}};
          const places = keysNamedIn(finding.remedy).flatMap((one) =>
            settingsFor(one, fieldContextOf(begun.context, alone)),
          );
          const labels = targetsHere(begun.context, alone).map(({label}) => label);
          named += places.length;
          for (const {step, label} of places)
            if (!labels.some((one) => one.includes(label) || step === 'device'))
              unreachable.push({code: finding.code, remedy: finding.remedy, label});
        }
      }
    expect(unreachable).toEqual([]);
    expect(named > 0 || begun.context.cards.length === 0).toBe(true);
  });
});

describe('Ctrl-G', () => {
  const begun = startWizard(sampleServices(), {columns: 80, rows: 24});
  const shownAs = (view: string) => ({view, pane: {lines: [], height: 1}});
  const press = (before: WizardState, name: 'named' | 'escape'): WizardState =>
    reduce(begun.context, before, {type: 'pressed', keys: [{name}], shown: shownAs(viewOf(before))});
  const withRemedy = (step: WizardState['step'], remedy: string): WizardState => ({
    ...begun.state,
    step,
    preview: {
      ...begun.state.preview,
      findings: [{code: 'memory-too-large', severity: 'warning', subject: 'memory.size', message: 'Too much.', remedy}],
    },
  });
  const fieldOf = (after: WizardState): string | undefined => focusedField(begun.context, after)?.field.id;

  it('goes to each setting that the remedies of a step name, and after the last one back', () => {
    const start = withRemedy('memory', 'Set memory.hugepages: none, or lower cpu.vcpus.');
    const first = press(start, 'named');
    expect([first.step, fieldOf(first), first.returnTo]).toEqual(['memory', 'memory.hugepages', null]);
    const second = press(first, 'named');
    expect([second.step, fieldOf(second), second.returnTo]).toEqual(['cpu', 'cpu.vcpus', 'memory']);
    expect(second.notice).toBe('Enter and Esc return to "Memory".');
    expect(press(second, 'named')).toMatchObject({step: 'memory', returnTo: null});
    expect(press(second, 'escape')).toMatchObject({step: 'memory', returnTo: null});
  });

  it('goes to the setting that decides, where a remedy names none', () =>
    expect(fieldOf(press(withRemedy('memory', 'Use less.'), 'named'))).toBe('memory.sizeMiB'));

  it('says so where nothing is named', () =>
    expect(press({...withRemedy('guest', ''), step: 'guest'}, 'named').notice).toBe(
      'No remedy on this screen names a setting.',
    ));
});
