import {identityOf} from '../../devices/device-kinds.ts';
import {parentsOf} from '../../plan/device/parents-of.ts';
import {describePlace, type Finding, type Severity} from '../../findings/finding.ts';
import type {Decision} from '../../plan/plan.ts';
import {describeTopology} from '../../topology/topology-text.ts';
import {type Line, line, segment, wrapExactly, wrapText} from '../../words/lines.ts';
import type {Tone} from '../../words/palette.ts';
import {displayWidth} from '../../words/width.ts';
import type {WizardContext} from '../wizard/context.ts';
import {cpuFields} from '../wizard/cpu-fields.ts';
import {guestFields} from '../wizard/guest-fields.ts';
import {memoryFields} from '../wizard/memory-fields.ts';
import type {WizardState} from '../wizard/state.ts';
import {type Say, type Saying, targetLines} from './say.ts';

/** Words as the shell sees them: a quoted path with spaces is one. */
const wordsOf = (command: string): readonly string[] =>
  command.includes(String.raw`\'`) ? [command] : (command.match(/(?:'[^']*'|[^ '])+/g) ?? []);

/** A command that can be copied: where it is too long for one row it goes on after a backslash, as a shell reads it. */
export const commandLines = (command: string, columns: number, prompt: string): readonly Line[] => {
  const indent = ' '.repeat(prompt.length);
  const room = columns - prompt.length - ' \\'.length;
  const rows: string[] = [];
  for (const word of wordsOf(command)) {
    const last = rows.at(-1);
    if (last !== undefined && displayWidth(`${last} ${word}`) <= room) rows[rows.length - 1] = `${last} ${word}`;
    else rows.push(word);
  }
  return rows.flatMap((row, index) =>
    wrapExactly(index === rows.length - 1 ? row : `${row} \\`, columns - prompt.length, 'key').map(
      (part, wrapped): Line => [segment(index === 0 && wrapped === 0 ? prompt : indent, 'muted'), ...part],
    ),
  );
};

/** Of decisions that no field has. */
const otherLabels: Readonly<Record<string, string>> = {
  binding: 'Give the card',
  'cpu.emulator': 'Emulator threads',
  kernelArguments: 'Kernel arguments',
  devices: 'Devices',
};

const fieldLabels: ReadonlyMap<string, string> = new Map(
  [...cpuFields, ...memoryFields, ...guestFields].map(({id, label}) => [id.replace(/MiB$/, ''), label]),
);

/** The words of the form rather than those of the profile. */
const labelOfSubject = (subject: string): string => fieldLabels.get(subject) ?? otherLabels[subject] ?? subject;

/** `CPU pinning: 0,12 … because …`, wrapped. */
export const decisionLines = (decisions: readonly Decision[], say: Say, columns: number): readonly Line[] =>
  decisions.flatMap((one) => {
    const head = wrapText(`${labelOfSubject(one.subject)}: ${say(one.choice)}`, columns, 'strong', 2);
    return [
      ...head,
      ...wrapText(`because ${say(one.because)}`, columns - 2, 'plain').map((row): Line => [segment('  '), ...row]),
    ];
  });

export const decisionsAbout = (decisions: readonly Decision[], subjects: readonly string[]): readonly Decision[] =>
  decisions.filter((one) =>
    subjects.some((subject) => one.subject === subject || one.subject.startsWith(`${subject}.`)),
  );

export const heading = (text: string): Line => line(text, 'title');

const looks: Readonly<Record<Severity, {readonly glyph: string; readonly tone: Tone; readonly word: string}>> = {
  blocker: {glyph: '✗', tone: 'error', word: 'BLOCKED'},
  warning: {glyph: '!', tone: 'warning', word: 'WARNING'},
  note: {glyph: '·', tone: 'info', word: 'NOTE'},
};

const indented = (text: string, columns: number, tone: Tone): readonly Line[] =>
  wrapText(text, columns - 2, tone).map((one) => [segment('  '), ...one]);

const hasSame = (one: Finding, other: Finding | undefined, keys: readonly (keyof Finding)[]): boolean =>
  other !== undefined &&
  one.subject === other.subject &&
  one.at?.line === other.at?.line &&
  keys.every((key) => one[key] === other[key]);

/** The line of a file of this host; a profile that is being made has no lines yet. */
const nameSubject = (finding: Finding, subject: Saying['subject']): string =>
  finding.at?.file === finding.subject ? describePlace(finding.at) : subject(finding.subject);

/** A device that is needed for several reasons is named once, and so is what to do. */
export const findingLines = (
  findings: readonly Finding[],
  columns: number,
  {say, subject, targets}: Saying,
): readonly Line[] =>
  findings.flatMap((finding, index) => {
    const {glyph, tone, word} = looks[finding.severity];
    const isFirst = !hasSame(finding, findings[index - 1], ['severity', 'code']);
    const isLast = !hasSame(finding, findings[index + 1], ['severity', 'code', 'remedy']);
    const head: Line = [
      segment(`${glyph} ${word} `, tone),
      segment(nameSubject(finding, subject), 'strong'),
      segment(`  ${finding.code}`, 'muted'),
    ];
    return [
      ...(isFirst ? [head] : []),
      ...indented(say(finding.message), columns, 'plain'),
      ...(isLast ? indented(`→ ${say(finding.remedy)}`, columns, 'key') : []),
      ...(isLast ? targetLines(finding, targets) : []),
    ];
  });

export const nothingFound: Line = line('✓ No warnings.', 'good');

export const topologyLines = (
  {services}: WizardContext,
  {preview, draft}: WizardState,
  columns: number,
  {isWhole} = {isWhole: false},
): readonly Line[] =>
  describeTopology({
    isWhole,
    facts: services.facts,
    pinning: preview.plan?.pinning ?? null,
    memory: preview.plan?.memory ?? null,
    deviceAddresses: preview.plan?.devices.flatMap(({address}) => address ?? []) ?? draft.base.devices.map(identityOf),
    parentAddresses: preview.plan === null ? [] : parentsOf(preview.plan),
    // What is picked must not move away under the cursor.
    isGuestFirst: !isWhole,
    columns,
  });
