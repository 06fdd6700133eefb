import {blank, line, segment, wrapText} from '../lines.ts';
import type {Line} from '../lines.ts';
import {describeMachine} from '../wizard/apply-step.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {WizardState} from '../wizard/state.ts';

const command = (text: string, meaning: string): readonly Line[] => [[segment('  $ ', 'muted'), segment(text, 'key')], line(`    ${meaning}`)];

const afterApply = (id: string, isDemo: boolean): readonly Line[] => [
  line(`✓ Applied as ${id}.`, 'good'),
  ...(isDemo ? [line('This was the demo: only a scratch copy was written.', 'warning')] : []),
  blank,
  ...command('sudo systemctl reboot', 'The card, the pages and the kernel arguments take effect with the next boot.'),
  ...command('sudo vfio-pilot verify', 'After the reboot: each promise, kept or not, and what to do.'),
  ...command(`sudo vfio-pilot rollback ${id}`, 'Puts back every byte that was changed.'),
];

const replay = (savedPath: string | null): readonly Line[] =>
  savedPath === null
    ? [line('Nothing was saved; Esc goes back.')]
    : [...command(`vfio-pilot plan ${savedPath}`, 'Shows findings and diffs again, and writes nothing.'), ...command(`sudo vfio-pilot apply ${savedPath}`, 'Applies it, after one question.')];

const withoutApply = (state: WizardState, savedPath: string | null, columns: number): readonly Line[] => {
  const isUncertain = state.apply.phase === 'failed' && state.apply.error.isRestored !== true;
  return [
    ...wrapText(describeMachine(state), columns, isUncertain ? 'error' : 'good'),
    blank,
    ...(isUncertain ? [...command('vfio-pilot history', 'What was done, and what was put back.'), ...command('sudo vfio-pilot rollback', 'Tries again to put everything back.')] : replay(savedPath)),
  ];
};

export const nextLines = ({services}: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const savedPath = state.save.phase === 'saved' ? state.save.path : null;
  const body = state.apply.phase === 'done' ? afterApply(state.apply.id, services.isDemo) : withoutApply(state, savedPath, columns);
  return [
    ...body,
    ...(savedPath === null ? [] : [blank, ...wrapText(`Profile: ${savedPath}`, columns)]),
  ];
};
