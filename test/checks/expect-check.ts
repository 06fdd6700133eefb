import {expect} from 'vitest';
import type {Check} from '../../src/findings/check.ts';

/** What a check says, and that it says what to do wherever something is wrong. */
export const expectCheck = (check: Check | undefined, status: Check['status'], fact: RegExp, remedy?: RegExp): void => {
  expect(check).toBeDefined();
  expect({status: check?.status, fact: check?.fact}).toEqual({status, fact: expect.stringMatching(fact) as string});
  if (remedy !== undefined) expect(check?.remedy).toMatch(remedy);
  if (status === 'warning' || status === 'error') expect(check?.remedy).toMatch(/\w.*\S$/s);
  if (status === 'ok') expect(check?.remedy).toBeNull();
};
