import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {decodeDraft, encodeDraft} from '../../src/ui/draft-file.ts';
import type {DraftServices, KeptDraft, WizardServices} from '../../src/ui/services.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, escape, down, interrupt} = keys;

/** A place for one draft, which goes through the file's text as the real one does. */
const withDrafts = (found: DraftServices['found'] = null, overrides: Partial<WizardServices> = {}) => {
  const kept: KeptDraft[] = [];
  let discards = 0;
  const drafts: DraftServices = {
    found,
    keep: (draft) => {
      const decoded = decodeDraft(encodeDraft({...draft, savedAt: '2026-11-30T08:10:00.000Z'}), sampleFacts());
      if (!decoded.isValid) return {problem: decoded.problem};
      kept.push(decoded.value);
      return {path: '/home/me/.local/state/vfio-pilot/draft-1.json'};
    },
    discard: () => {
      discards += 1;
      return null;
    },
  };
  return {services: sampleServices({drafts, ...overrides}), kept, discards: () => discards};
};

const leftAtGuest = async (): Promise<KeptDraft> => {
  const {services, kept} = withDrafts();
  await openWizard(services).press(enter, enter, '6', enter, enter, down, '\u0015', 'win10', interrupt);
  const [draft] = kept;
  if (draft === undefined) throw new Error('No draft was kept.');
  return draft;
};

describe('choices that are not saved', () => {
  it.each([
    ['Ctrl-C', [interrupt]],
    ['q', ['q', 'y']],
  ] as const)('are kept on %s, and said', async (_name, leaving) => {
    const {services, kept} = withDrafts();
    const wizard = openWizard(services);
    await wizard.press(enter, enter, '6', enter, ...leaving);
    expect(kept).toMatchObject([{step: 'memory', edits: {'cpu.vcpus': 6}}]);
    expect(wizard.outcome()?.draft).toEqual({path: '/home/me/.local/state/vfio-pilot/draft-1.json'});
  });

  it('are kept on a signal, as when the terminal goes away', async () => {
    const {services, kept} = withDrafts();
    const wizard = openWizard(services);
    await wizard.press(enter, enter, '6', enter);
    await wizard.interrupt();
    expect(kept).toHaveLength(1);
  });

  it('are announced by the question before leaving', async () => {
    const wizard = openWizard(withDrafts().services);
    await wizard.press(enter, enter, '6', enter);
    expect((await wizard.press('q')).replaceAll(/\s+/g, ' ')).toContain('the next start offers to continue');
    const unkept = openWizard(sampleServices());
    await unkept.press(enter, enter, '6', enter);
    expect(await unkept.press('q')).toContain('Your choices are not saved.');
  });

  it('are none where nothing was chosen, all is saved, or it was applied', async () => {
    const untouched = withDrafts();
    await openWizard(untouched.services).press(enter, enter, enter, interrupt);
    const saved = withDrafts();
    await openWizard(saved.services).press(enter, enter, '6', enter, enter, enter, enter, enter, interrupt);
    const applied = withDrafts();
    const wizard = openWizard(applied.services);
    await wizard.press(enter, enter, '6', enter, enter, enter, enter, '\u001b[C', enter, 'apply\r', 'q');
    expect(wizard.outcome()?.appliedId).not.toBeNull();
    expect([untouched.kept, saved.kept, applied.kept]).toEqual([[], [], []]);
    expect([untouched.discards(), saved.discards(), applied.discards()]).toEqual([0, 0, 1]);
  });

  it('that were made after saving are kept', async () => {
    const {services, kept} = withDrafts();
    const wizard = openWizard(services);
    await wizard.press(enter, enter, '6', enter, enter, enter, enter, enter);
    await wizard.press(escape, escape, escape, escape, escape, '4', enter, interrupt);
    expect(kept).toMatchObject([{step: 'memory', edits: {'cpu.vcpus': 4}}]);
  });

  it('and could not be kept are said', async () => {
    const drafts: DraftServices = {found: null, keep: () => ({problem: 'The disk is full.'}), discard: () => null};
    const wizard = openWizard(sampleServices({drafts}));
    await wizard.press(enter, enter, '6', enter, interrupt);
    expect(wizard.outcome()?.draft).toEqual({problem: 'The disk is full.'});
  });
});

describe('the start after that', () => {
  it('offers to continue, with card, guest and time, and goes to the step with all choices', async () => {
    const wizard = openWizard(withDrafts({draft: await leftAtGuest()}).services, {isAtHome: true});
    expect(wizard.frame()).toContain('❯ Continue where you were? GeForce GTX 1050 for win10, 2026-11-30 08:10 UTC');
    expect(wizard.frame()).toMatch(/Guest    win10, 6 vCPUs, \d+ GiB/);
    expect(await wizard.press(enter)).toContain('step 5 of 9  Guest');
    expect(wizard.frame()).toContain('win10');
    expect(await wizard.press(escape, escape)).toContain('‹ 6 ›');
  });

  it('discards the draft with one key', async () => {
    const {services, discards} = withDrafts({draft: await leftAtGuest()});
    const wizard = openWizard(services, {isAtHome: true});
    expect(wizard.frame()).toContain('d discard the draft');
    expect(await wizard.press('d')).not.toContain('Continue where');
    expect(wizard.frame()).toContain('❯ Set up a device');
    expect(discards()).toBe(1);
  });

  it('keeps a draft that was looked at and left, and removes one that was continued and saved', async () => {
    const left = withDrafts({draft: await leftAtGuest()});
    await openWizard(left.services, {isAtHome: true}).press('q');
    expect([left.kept, left.discards()]).toEqual([[], 0]);
    const saved = withDrafts({draft: await leftAtGuest()});
    await openWizard(saved.services, {isAtHome: true}).press(enter, enter, enter, enter, interrupt);
    expect([saved.kept, saved.discards()]).toEqual([[], 1]);
  });

  it('keeps it again when it was continued and left', async () => {
    const {services, kept} = withDrafts({draft: await leftAtGuest()});
    await openWizard(services, {isAtHome: true}).press(enter, interrupt);
    expect(kept).toMatchObject([{step: 'guest', edits: {'cpu.vcpus': 6, 'guest.name': 'win10'}}]);
  });

  it('says why a draft does not fit, and does not use it', async () => {
    const draft = await leftAtGuest();
    const [device] = draft.base.devices;
    if (device === undefined) throw new Error('The draft has no device.');
    const moved = {...draft, base: {...draft.base, devices: [{...device, id: '10de:ffff'}]}};
    const wizard = openWizard(withDrafts({draft: moved}).services, {isAtHome: true});
    expect(wizard.frame()).toContain('The draft of 2026-11-30 08:10 UTC can’t be used');
    expect(wizard.frame().replaceAll(/\s+/g, ' ')).toContain('this machine has another device there, or none.');
    expect(await wizard.press(enter)).toContain('This machine');
    expect(await wizard.press('d')).not.toContain('draft of');
  });

  it('says why a file can’t be read as a draft', async () => {
    const wizard = openWizard(withDrafts({problem: '/d.json is not a plain file.'}).services, {isAtHome: true});
    expect(wizard.frame()).toContain('❯ The draft can’t be used');
    expect(wizard.frame()).toContain('! /d.json is not a plain file.');
  });
});

describe('the file of a draft', () => {
  it.each([
    ['', 'it is cut off'],
    ['{"version": 2}', 'it has version 2'],
    ['{"version": 1, "savedAt": "", "step": "cpu", "path": null, "edits": {}, "base": "name: x"}', 'version'],
    ['{"version": 1, "savedAt": "", "step": "cpu", "path": null, "edits": {"a": []}, "base": ""}', 'edits'],
  ])('%s is refused: %s', (content, reason) => {
    const decoded = decodeDraft(content, sampleFacts());
    expect(decoded.isValid ? '' : decoded.problem).toContain(reason);
  });
});
