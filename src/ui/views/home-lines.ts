import {identityOf} from '../../devices/device-kinds.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {SavedProfile} from '../services.ts';
import {blank, line, type Line, segment, wrapText} from '../../words/lines.ts';
import type {Tone} from '../../words/palette.ts';
import {printable} from '../../words/printable.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {describeCount} from '../../findings/check.ts';
import {type CommandStyle, isThisMachine, writingCommand} from '../command-style.ts';
import type {WizardContext} from '../wizard/context.ts';
import {appliedTo, focusedHomeRow, type HomeRow} from '../wizard/home-rows.ts';
import type {WizardState} from '../wizard/state.ts';
import {describeTime} from './describe-time.ts';
import {offerLines} from './offer-lines.ts';
import {commandLines} from './parts.ts';
import {type Saying, sayingOf, targetLines} from './say.ts';
import {openTaskLines} from './todo-lines.ts';
import {count} from '../../words/count.ts';
import {memoryText} from '../../profile/scalars.ts';

const looks: Readonly<
  Record<PromiseResult['status'], {readonly mark: string; readonly word: string; readonly tone: Tone}>
> = {
  broken: {mark: '✗', word: 'not kept', tone: 'error'},
  pending: {mark: '…', word: 'pending', tone: 'warning'},
  unknown: {mark: '·', word: 'unknown', tone: 'muted'},
  kept: {mark: '✓', word: 'kept', tone: 'good'},
};
/** What is wrong comes first. */
const order = ['broken', 'pending', 'unknown', 'kept'] as const;

const verdictOf = ({verify}: WizardState): Line => {
  if (verify.phase === 'running') return line('Checking whether it is kept …', 'muted');
  if (verify.phase === 'failed') return line(`Not verified: ${verify.error.message}`, 'error');
  if (verify.phase === 'idle') return blank;
  const counted = order
    .map((status) => ({status, count: verify.results.filter((one) => one.status === status).length}))
    .filter(({count}) => count > 0);
  return counted.flatMap(({status, count}, index) => [
    segment(index === 0 ? '' : '   '),
    segment(`${looks[status].mark} ${count} ${looks[status].word}`, looks[status].tone),
  ]);
};

/** What is true of this machine, above all that can be done. */
export const stateLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const {machine, checks, commandStyle} = context.services;
  if (!machine.isReadable)
    return [
      ...wrapText(machine.reason, columns, 'warning'),
      ...commandLines(`${commandStyle.sudo}${commandStyle.program}`, columns, '  $ '),
    ];
  const applied = appliedTo(context);
  if (applied === null) {
    const bad = (['error', 'warning'] as const).flatMap((status) => {
      const count = checks.filter((check) => check.status === status).length;
      return count === 0 ? [] : [describeCount(status, count)];
    });
    return [
      line('Nothing is set up by vfio-pilot on this machine.', 'strong'),
      line(`Host checks: ${bad.length === 0 ? 'no problem' : bad.join(', ')}.`, 'muted'),
    ];
  }
  const what = applied.isTrial ? 'A trial is set up' : 'Set up';
  const whose = applied.guest === null ? '' : ` for guest ${applied.guest}`;
  return [
    ...wrapText(
      `${what}${whose}: profile ${applied.profile}, applied ${describeTime(applied.startedAt)}.`,
      columns,
      'strong',
    ),
    verdictOf(state),
  ];
};

/** `isToldBelow`: the next one has the same remedy. */
const promiseLines = (
  one: PromiseResult,
  {say, targets}: Saying,
  columns: number,
  isToldBelow: boolean,
): readonly Line[] => {
  const {status, promise, fact, remedy} = one;
  const {mark, word, tone} = looks[status];
  const [first = blank, ...more] = wrapText(say(promise), columns - word.length - 3);
  const rest = (text: string, restTone: Tone): readonly Line[] =>
    wrapText(text, columns - 2, restTone).map((row) => [segment('  '), ...row]);
  return [
    [segment(`${mark} ${status === 'broken' ? word.toUpperCase() : word} `, tone), ...first],
    ...more.map((row): Line => [segment('  '), ...row]),
    ...(status === 'kept' ? [] : rest(say(fact), 'plain')),
    ...(remedy === null || isToldBelow ? [] : rest(`→ ${say(remedy)}`, 'key')),
    ...targetLines(one, targets),
  ];
};

const verifyLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const {verify} = state;
  const saying = sayingOf(context, state);
  if (verify.phase === 'idle' || verify.phase === 'running') return [line('Reading this machine again …', 'muted')];
  if (verify.phase === 'failed') {
    const {message, nextStep} = verify.error;
    return [
      ...wrapText(`✗ ${message}`, columns, 'error'),
      ...(nextStep === null ? [] : wrapText(`→ ${saying.say(nextStep)}`, columns, 'key')),
    ];
  }
  const results = order.flatMap((status) => verify.results.filter((one) => one.status === status));
  return results.flatMap((one, index) => promiseLines(one, saying, columns, results[index + 1]?.remedy === one.remedy));
};

const profileLines = ({profile, path}: SavedProfile, columns: number): readonly Line[] => [
  ...(profile.description === null ? [] : wrapText(profile.description, columns)),
  [segment('File     ', 'muted'), segment(path)],
  [segment('Devices  ', 'muted'), segment(profile.devices.map(identityOf).join(', '))],
  [
    segment('Guest    ', 'muted'),
    segment(`${profile.guest.name}, ${profile.cpu.vcpus} vCPUs, ${memoryText(profile.memory.sizeMiB)}`),
  ],
  line('The next steps start with these settings.'),
];

const phaseMeaning = {
  install: 'The guest has an emulated screen, the media and no card.',
  prepare: 'The guest gets the card, and keeps the emulated screen until the driver of the card is installed in it.',
  run: 'The guest loses the emulated screen with its keyboard and mouse, and the media. It shows itself on the card.',
} as const;

const phaseLines = (
  style: CommandStyle,
  {guest, to, saved}: Extract<HomeRow, {kind: 'phase'}>,
  columns: number,
): readonly Line[] => [
  ...wrapText(`${phaseMeaning[to]} It holds from the next start of the guest on.`, columns),
  ...wrapText(
    saved === null
      ? 'Its profile is not in this folder. This does the same, and shows the change before it writes:'
      : `Enter opens ${printable(saved.path)} with this phase; Review shows the change. Without the wizard:`,
    columns,
  ),
  ...commandLines(writingCommand(style, `guest phase ${quoteForShell(guest)} ${to}`), columns, '  $ '),
];

const historyLines = ({services: {machine}}: WizardContext, columns: number): readonly Line[] =>
  (machine.isReadable ? machine.runs : []).flatMap((run) => [
    [
      segment(`${describeTime(run.startedAt)}  `, 'muted'),
      segment(`${run.state}  `, run.state === 'applied' ? 'good' : run.state === 'rolled-back' ? 'muted' : 'warning'),
      segment(`profile ${run.profile}`, 'strong'),
    ],
    line(`  ${run.id}`, 'muted'),
    ...(run.failure === null ? [] : wrapText(`  failed: ${run.failure}`, columns, 'warning', 2)),
    ...run.paths.map((path) => line(`  ${path}`)),
  ]);

const undoLines = (context: WizardContext, style: CommandStyle, columns: number): readonly Line[] => {
  const applied = appliedTo(context);
  if (applied === null) return [];
  return [
    ...wrapText(
      `Restores ${count(applied.pathCount, 'file')} to the byte as they were before run ${applied.id}. Enter shows each change first; nothing is written before you type a word.`,
      columns,
    ),
    ...(isThisMachine(style) ? wrapText('The card goes back to its own driver at the next boot.', columns) : []),
    ...(applied.isTrial ? [blank, ...trialLines(style, columns)] : []),
  ];
};

const trialLines = (style: CommandStyle, columns: number): readonly Line[] => [
  ...wrapText('In the trial boot, this keeps the changes permanently:', columns),
  ...commandLines(writingCommand(style, 'confirm'), columns, '  $ '),
];

/** About the row with the focus. */
export const homeLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const row = focusedHomeRow(context, state);
  switch (row.kind) {
    case 'continue':
      return offerLines(context, row.offer, columns);
    case 'verify':
      return verifyLines(context, state, columns);
    case 'todo':
      return openTaskLines(context, state, columns);
    case 'undo':
      return undoLines(context, context.services.commandStyle, columns);
    case 'new':
      return wrapText(
        'Gives a graphics card, or another PCI device, to a virtual machine. Every setting is proposed from the facts of this host, and you can change each one. Nothing is written before the step "Apply".',
        columns,
      );
    case 'profile':
      return profileLines(row.saved, columns);
    case 'phase':
      return phaseLines(context.services.commandStyle, row, columns);
    case 'guest':
      return wrapText(
        `Gives a device to ${row.name}, which exists already. Comments and all other settings of it stay; Review shows each changed line.`,
        columns,
      );
    case 'history':
      return historyLines(context, columns);
    case 'leave':
      return [line('Ends the wizard.')];
  }
};
