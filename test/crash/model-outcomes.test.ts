import {expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';
import {hostChanges} from '../transaction/scenario.ts';
import {modelOutcomes} from './model-outcomes.ts';

it('the model has the outcomes in which all is old or all is new, and none in which the journal is behind what changed', async () => {
  const outcomes = await modelOutcomes((machine) =>
    hostChanges(machine).filter((change) => change.kind !== 'run' || change.command.kind === 'generated'),
  );
  const [before = ''] = [...outcomes].filter((outcome) => outcome.startsWith('journal none'));
  expect([...outcomes].filter((outcome) => outcome.startsWith('journal none'))).toEqual([before]);
  const early = before.replace('/etc/default/grub old', '/etc/default/grub new');
  figure('A3 within A6 control', '1 noticed', outcomes.has(early) ? '0 noticed' : '1 noticed');
  expect(early).not.toBe(before);
});
