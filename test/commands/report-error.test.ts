import {describe, expect, it} from 'vitest';
import {describeError, errorDocument, judgeError} from '../../src/commands/report-error.ts';
import {
  CommandError,
  LockedError,
  MachineError,
  NoRightsError,
  NothingAppliedError,
  TransactionError,
  UsageError,
} from '../../src/errors.ts';

const transaction = (isRestored: boolean, isInterrupted = false): TransactionError =>
  new TransactionError('It broke.', {step: 'install', isRestored, isInterrupted, nextStep: 'Look.'});

describe('an error', () => {
  it.each<[Error, string, number, boolean | null]>([
    [new UsageError('No.', 'Look.'), 'usage', 2, null],
    [transaction(true), 'restored', 4, true],
    [transaction(false), 'not-restored', 5, false],
    [transaction(false, true), 'not-restored', 5, false],
    [transaction(true, true), 'interrupted', 130, true],
    [new CommandError('No.', {argv: ['x'], exitCode: 1, nextStep: 'Look.'}), 'command-failed', 4, true],
    [new MachineError('Writing x: full', 'ENOSPC'), 'machine', 4, true],
    [new NothingAppliedError('No.', 'Look.'), 'nothing-applied', 6, null],
    [new LockedError('No.'), 'locked', 75, null],
    [new NoRightsError('No.', 'Look.'), 'no-rights', 77, null],
    [new RangeError('oops'), 'bug', 1, null],
  ])(
    '%s has its code, its exit code, and says whether the machine is as before',
    (error, code, exitCode, isRestored) => {
      const judged = judgeError(error, '1.2.3');
      expect(judged).toMatchObject({code, exitCode, isRestored});
      expect(errorDocument(judged)).toEqual({
        version: 1,
        error: {code, message: judged.message, nextStep: judged.nextStep, isRestored},
      });
    },
  );

  it('shows a stack for a bug, and for a failure only when asked', () => {
    expect(describeError(judgeError(new RangeError('oops'), '1.2.3'), false)).toMatch(
      /a bug in vfio-pilot 1\.2\.3\.\nRangeError: oops\n +at /,
    );
    expect(describeError(judgeError(transaction(true), '1.2.3'), false)).toBe('vfio-pilot: It broke.\n  → Look.\n');
    expect(describeError(judgeError(transaction(true), '1.2.3'), true)).toMatch(/\n +at /);
  });
});
