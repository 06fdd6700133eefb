import {describe, expect, it} from 'vitest';
import {bindings, hintsOf, intentOf, type Mode} from '../../src/ui/keys.ts';
import {splitKeys} from '../../src/ui/read-keys.ts';

describe('keys of one chunk', () => {
  it('splits text and Enter that arrive together', () => {
    expect(splitKeys('ok\r')).toEqual([
      {name: 'character', text: 'o'},
      {name: 'character', text: 'k'},
      {name: 'enter'},
    ]);
  });

  it('presses nothing for a sequence that Ink does not know', () => {
    expect(splitKeys('[99;5~')).toEqual([]);
  });

  it('takes a bracket that was typed for what it is', () => {
    expect(splitKeys('[')).toEqual([{name: 'character', text: '['}]);
  });

  it('drops other control characters', () => {
    expect(splitKeys('\u0002a')).toEqual([{name: 'character', text: 'a'}]);
  });
});

describe('the table of keys', () => {
  const modes: readonly Mode[] = [...new Set(bindings.flatMap((binding) => binding.modes))];

  it.each(modes)('means one thing by each key while %s has the focus', (mode) => {
    const keys = bindings.filter((binding) => binding.modes.includes(mode)).flatMap((binding) => binding.keys);
    expect(keys.length).toBe(new Set(keys).size);
  });

  it.each(modes)('lets Ctrl-C through while %s has the focus', (mode) => {
    expect(intentOf(mode, {name: 'interrupt'})).not.toBeNull();
  });

  it('lets letters be typed into text', () => {
    expect(['q', '?', 'j', 'o', '/', ' '].map((text) => intentOf('text', {name: 'character', text}))).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('shows in the footer only keys that do something', () => {
    expect(hintsOf('choice').map((hint) => hint.label)).toContain('←→');
    expect(hintsOf('home').map((hint) => hint.label)).not.toContain('←→');
  });
});
