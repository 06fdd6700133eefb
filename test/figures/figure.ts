import {appendFileSync} from 'node:fs';
import {expect} from 'vitest';
import promises from './promises.json' with {type: 'json'};

/**
 * Asserts a promised figure and records it for `npm run figures`. `id` is one of promises.json, with the member of a family
 * behind it (`A3 ext4`). `target` is the very value that `measured` must be (`14/14`, `0`), or a bound on a number:
 * `≥ 60 payloads`, `≤ 30 calls`. A missed figure is recorded and fails the test at its end, so that what comes after it
 * can say more.
 */
export const figure = (id: string, target: string | number, measured: string | number): void => {
  const file = process.env['VFIO_PILOT_FIGURES'];
  const at = process.env['VFIO_PILOT_SIZE'] === undefined ? 'test' : 'deep';
  if (file !== undefined)
    appendFileSync(file, `${JSON.stringify({id, at, target, measured, isMet: isMet(target, measured)})}\n`);
  expect(promiseOf(id), `${id} is no figure of test/figures/promises.json`).not.toBeNull();
  expect.soft(isMet(target, measured), `figure ${id}: target ${target}, measured ${measured}`).toBe(true);
};

/** The family with the longest name that `id` begins with. */
export const promiseOf = (id: string): string | null =>
  promises
    .map((promise) => promise.id)
    .filter((family) => id === family || (/^,? /u.test(id.slice(family.length)) && id.startsWith(family)))
    .toSorted((one, other) => other.length - one.length)[0] ?? null;

export const isMet = (target: string | number, measured: string | number): boolean => {
  const [, sign, bound] = /^([≥≤]) ?(\d+(?:\.\d+)?)(?: .*)?$/u.exec(String(target)) ?? [];
  if (sign === undefined) return String(measured) === String(target);
  const value = Number.parseFloat(String(measured));
  return sign === '≥' ? value >= Number(bound) : value <= Number(bound);
};
