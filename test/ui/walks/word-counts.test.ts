import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {expect, it} from 'vitest';

/**
 * Words on each screen of 80x24 before the wizard was made new (commit 2db8b8e), counted as below on the same trees, in
 * tmux; `null`: there was no such screen.
 */
const before: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'two-cards': {
    'Host checks': 151,
    Device: 160,
    CPU: 204,
    Memory: 148,
    Guest: 115,
    Review: 131,
    'Save the profile': 62,
    Apply: 108,
    'What next': 71,
  },
  'one-card': {
    'Host checks': 157,
    Device: 187,
    Risks: 163,
    CPU: 223,
    Memory: 152,
    Guest: 117,
    Review: 159,
    'Save the profile': 66,
    Apply: 158,
    'What next': 58,
  },
  laptop: {
    'Host checks': 149,
    Device: 130,
    CPU: 182,
    Memory: 148,
    Guest: 121,
    Review: 125,
    'Save the profile': 62,
    Apply: 108,
    'What next': 71,
  },
};

const golden = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, `../../golden/walks/${name}-80x24.txt`), 'utf8');

/** A word has a letter or a digit in it. */
const countWords = (text: string): number => text.split(/\s+/).filter((word) => /[A-Za-z\d]/.test(word)).length;

const screensOf = (name: string): readonly (readonly [title: string, words: number])[] =>
  golden(name)
    .split(/^=== /m)
    .slice(1)
    .map((part) => {
      const [title = '', ...rows] = part.split('\n');
      return [title, countWords(rows.join('\n'))];
    });

const tableOf = (name: string): string => {
  const rows = screensOf(name).map(([title, words]) => `| ${title} | ${before[name]?.[title] ?? '–'} | ${words} |`);
  return `## ${name}\n\n| screen | before | now |\n|---|---|---|\n${rows.join('\n')}\n`;
};

it('lists the words of each screen, as they were and as they are', async () => {
  const introduction = `# Words on each screen

Made by \`npx vitest run test/ui/walks -u\` from the golden frames of 80x24; edit nothing here. *Before* is commit 2db8b8e on the same tree, counted in tmux; – where there was no such screen.
`;
  const text = [introduction, ...['two-cards', 'one-card', 'laptop'].map(tableOf)].join('\n');
  await expect(text).toMatchFileSnapshot(resolve(import.meta.dirname, 'README.md'));
});
