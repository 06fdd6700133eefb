import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {dealOut} from '../../src/plan/placement/deal-out.ts';

describe('memory dealt out by vCPUs', () => {
  it('goes in whole pages, the rest to the largest fractions', () => {
    expect(dealOut(10 * 2048, 2048, [6, 2])).toEqual([8 * 2048, 2 * 2048]);
    expect(dealOut(5 * 2048, 2048, [1, 1])).toEqual([3 * 2048, 2 * 2048]);
  });

  it('leaves no cell without a page as long as there are enough', () => {
    expect(dealOut(2 * 1048576, 1048576, [15, 1])).toEqual([1048576, 1048576]);
  });

  it('always adds up', () => {
    fc.assert(
      fc.property(
        fc.integer({min: 1, max: 5000}),
        fc.array(fc.integer({min: 1, max: 64}), {minLength: 1, maxLength: 8}),
        (units, weights) => {
          const shares = dealOut(units * 2048, 2048, weights);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBe(units * 2048);
          expect(shares.every((share) => share % 2048 === 0)).toBe(true);
          if (units >= weights.length) expect(Math.min(...shares)).toBeGreaterThan(0);
        },
      ),
    );
  });
});
