import {describe, expect, it} from 'vitest';
import {isMet} from './figure.ts';

describe('a figure', () => {
  it.each<[string | number, string | number, boolean]>([
    ['14/14', '14/14', true],
    ['14/14', '13/14', false],
    [0, 0, true],
    [0, 1, false],
    ['≥ 1', 351, true],
    ['≥ 60 payloads', '59 payloads', false],
    ['≤ 1000 ms', '212 ms', true],
    ['≤ 1000 ms', '1000.5 ms', false],
    ['≤ 1000 ms', 'unknown', false],
  ])('with the target %j and %j measured is met: %j', (target, measured, expected) => expect(isMet(target, measured)).toBe(expected));
});
