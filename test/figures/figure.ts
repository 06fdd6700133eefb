import {appendFileSync} from 'node:fs';
import {expect} from 'vitest';

/**
 * Asserts a promised figure and records it for `npm run figures`. `target` is the very value that `measured` must be
 * (`14/14`, `0`), or a bound on a number: `≥ 60 payloads`, `≤ 1000 ms`. A missed figure is recorded too, then it fails.
 */
export const figure = (id: string, target: string | number, measured: string | number): void => {
  const file = process.env['VFIO_PILOT_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({id, target, measured, isMet: isMet(target, measured)})}\n`);
  expect(isMet(target, measured), `figure ${id}: target ${target}, measured ${measured}`).toBe(true);
};

export const isMet = (target: string | number, measured: string | number): boolean => {
  const [, sign, bound] = /^([≥≤]) ?(\d+(?:\.\d+)?)(?: .*)?$/u.exec(String(target)) ?? [];
  if (sign === undefined) return String(measured) === String(target);
  const value = Number.parseFloat(String(measured));
  return sign === '≥' ? value >= Number(bound) : value <= Number(bound);
};
