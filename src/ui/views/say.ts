import {type Line, segment} from '../../words/lines.ts';
import {withProgramName} from '../../words/with-program-name.ts';
import {fieldContextOf, type WizardContext} from '../wizard/context.ts';
import {type Target, targetsHere} from '../wizard/places.ts';
import {fieldsOf} from '../wizard/form-step.ts';
import {describeSetting, nameSettings, settingsFor} from '../wizard/setting-words.ts';
import type {WizardState} from '../wizard/state.ts';

/** Turns a text that the command line prints too into what a person can follow here. */
export type Say = (text: string) => string;

/** Keys of the profile become steps and fields, and the program is called as it was started. */
export const sayIn = (context: WizardContext, state: WizardState): Say => {
  let shown: ReturnType<typeof fieldContextOf> | null = null;
  return (text) =>
    withProgramName(
      nameSettings(text, (shown ??= fieldContextOf(context, state))),
      context.services.commandStyle.program,
    );
};

/** `subject`: what a finding is about. `targets`: the settings that keys go to. */
export type Saying = {readonly say: Say; readonly subject: Say; readonly targets: readonly Target[]};

/** The field, where the wizard asks for it here; where it does not, its name alone, as there is nowhere to go. */
const subjectIn = (context: WizardContext, state: WizardState): Say => {
  const shown = fieldContextOf(context, state);
  return (subject) => {
    const [setting] = settingsFor({key: subject.replace(/MiB$/, ''), value: null}, shown);
    if (setting === undefined) return subject;
    if (fieldsOf(setting, shown).some(({id}) => id === setting.field)) return describeSetting(setting);
    return setting.label === '' ? subject : setting.label;
  };
};

export const sayingOf = (context: WizardContext, state: WizardState): Saying => ({
  say: sayIn(context, state),
  subject: subjectIn(context, state),
  targets: targetsHere(context, state),
});

/** The keys that go to what a text names. */
export const targetLines = (told: Target['findings'][number], targets: readonly Target[]): readonly Line[] =>
  targets.flatMap(({key, label, findings}): readonly Line[] =>
    findings.includes(told) ? [[segment('  '), segment(`[${key}]`, 'focus'), segment(` ${label}`)]] : [],
  );
