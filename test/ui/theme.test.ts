import {PassThrough} from 'node:stream';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {openTerminalInput} from '../../src/ui/terminal-input.ts';
import {chooseTheme} from '../../src/ui/theme.ts';
import type {Tone} from '../../src/words/palette.ts';

const attributes = '\u001b[?62;22c';
const white = '\u001b]11;rgb:ffff/ffff/ffff\u001b\\';
const black = '\u001b]11;rgb:0000/0000/0000\u0007';

/** A terminal that is typed into by hand. */
const open = () => {
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: () => stdin,
    ref: () => stdin,
    unref: () => stdin,
  });
  const asked: string[] = [];
  const stdout = {write: (text: string) => asked.push(text) > 0};
  const input = openTerminalInput({stdin: stdin as never, stdout});
  const keys = (): string => String(input.keys.read() ?? '');
  return {...input, asked, keys, type: (text: string) => stdin.write(text)};
};
const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('the background of the terminal', () => {
  it.each([
    [white, 'light'],
    [black, 'dark'],
    ['\u001b]11;rgb:1e1e/1e1e/2e2e\u0007', 'dark'],
    ['\u001b]11;rgba:f/f/e/f\u0007', 'light'],
    ['\u001b]11;nonsense\u0007', null],
    ['', null],
  ])('%j is %s', async (said, background) => {
    const terminal = open();
    const answer = terminal.askBackground();
    terminal.type(said + attributes);
    expect(await answer).toBe(background);
    expect(terminal.asked).toEqual(['\u001b]11;?\u001b\\\u001b[c']);
    expect(terminal.keys()).toBe('');
  });

  it('keeps no key back where the terminal says nothing, and a late answer presses none', async () => {
    const terminal = open();
    const answer = terminal.askBackground();
    terminal.type('a\u001b');
    let typed = '';
    while (!typed.endsWith('\u001b')) {
      await settle();
      typed += terminal.keys();
    }
    terminal.type(`b${white}c${attributes}d`);
    expect(await answer).toBe('light');
    await settle();
    expect(`${typed}${terminal.keys()}`).toBe('a\u001bbcd');
  });

  it('loses no key, wherever the answer comes and however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('j', 'ö', '\r', '\u001b[B', '€', '\u001b[<0;3;4M'), {maxLength: 5}),
        fc.array(fc.constantFrom('q', '\u001b[A', '/'), {maxLength: 5}),
        fc.array(fc.nat({max: 60}), {maxLength: 4}),
        async (before, after, cuts) => {
          const terminal = open();
          const answer = terminal.askBackground();
          const bytes = Buffer.from([...before, white, ...after, attributes, 'x'].join(''));
          const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
          for (const [index, place] of places.slice(0, -1).entries())
            terminal.type(bytes.subarray(place, places[index + 1]) as never);
          expect(await answer).toBe('light');
          await settle();
          expect(terminal.keys()).toBe([...before, ...after, 'x'].join(''));
        },
      ),
    );
  });
});

/** WCAG 2.1: how far two colours are apart, from 1 to 21. */
const contrastToWhite = (hex: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
};

describe('the theme', () => {
  const tones: readonly Tone[] = ['key', 'focus', 'good', 'info', 'warning', 'error', 'added', 'removed', 'match'];

  it('can be read on white where the terminal is light', () => {
    const theme = chooseTheme({LANG: 'C.UTF-8'}, 'light');
    for (const tone of [...tones, 'added-word', 'removed-word', 'vcpu', 'device'] as const)
      expect([tone, contrastToWhite(String(theme.styleOf(tone).color)) >= 4.5]).toEqual([tone, true]);
  });

  it('has the colours of the terminal itself where it is dark, and never blue', () => {
    const theme = chooseTheme({LANG: 'C.UTF-8'});
    expect(new Set(tones.map((tone) => theme.styleOf(tone).color))).toEqual(
      new Set(['cyan', 'green', 'yellow', 'red', 'magenta']),
    );
  });

  it('has none with NO_COLOR, light or dark', () => {
    expect(tones.map((tone) => chooseTheme({NO_COLOR: '1'}, 'light').styleOf(tone))).toEqual(tones.map(() => ({})));
  });
});
