import {describe, expect, it} from 'vitest';
import {glossaryOf} from '../../src/ui/views/glossary.ts';
import {helpLines} from '../../src/ui/views/help-lines.ts';
import {plainText} from '../../src/words/lines.ts';

const steps = [
  'home',
  'undo',
  'todo',
  'map',
  'checks',
  'device',
  'lend',
  'risks',
  'cpu',
  'cores',
  'memory',
  'guest',
  'review',
  'save',
  'apply',
  'next',
] as const;

describe('the help of a step', () => {
  it.each(steps)('explains words on %s after its keys, each in two sentences at most', (step) => {
    const words = glossaryOf(step);
    expect(words.length).toBeGreaterThan(0);
    for (const {meaning} of words) expect(meaning.match(/[.](?: |$)/g)?.length).toBeLessThanOrEqual(2);
    const text = helpLines(step, 'pane', 60).map(plainText);
    expect(text.indexOf('Words of this step')).toBeGreaterThan(text.indexOf('Keys on this step'));
  });

  it('explains the words that people ask about where they meet them', () => {
    const wordsOf = (step: (typeof steps)[number]): readonly string[] => glossaryOf(step).map(({word}) => word);
    expect(wordsOf('device')).toContain('IOMMU group');
    expect(wordsOf('cpu')).toEqual(expect.arrayContaining(['NUMA node', 'I/O thread']));
    expect(wordsOf('memory')).toContain('hugepage');
  });
});
