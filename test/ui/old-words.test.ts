import {expect, it} from 'vitest';
import {sourceTexts} from '../support/source-texts.ts';

/** What a newcomer stumbled over, and what is said instead. */
const replaced: readonly (readonly [old: RegExp, now: RegExp])[] = [
  [/Everything that is to be known/, /^Check the warnings and every change before you apply\.$/],
  [/What to know: /, /^Findings: /],
  [/given up for this card/, /^What this card costs the host\. Choose, or type "accept" where you are asked\.$/],
  [/given up in words below/, /^Type "[^"]+" to agree\.$/],
  [/Each promise, kept or not/, /It checks the result/],
  [/ holds what was applied\./, / still has what was applied\.$/],
  [/ was faster although modprobe/, / took the card before /],
  [/Something is not given up yet/, /^You have not accepted one of the risks\. Apply stays blocked until you do\.$/],
  [/^Gives .* before udev loads any driver/, /^Hands .* before any other driver loads\.$/],
  [/page size of the number behind it/, /^the page size of the next argument$/],
  [/goes as a whole, so steps of/, /^Uses .* cores \(.* threads each\)\. Multiples of /],
  [/^Kept free$/, /^Isolate cores$/],
  [/^Set aside$/, /^Reserve memory$/],
  [/and no connected display is told/, /^Cannot tell which card the screen is connected to\.$/],
  [/ is no number of CPUs\./, /^--vcpus must be a number/],
  [/ is no size\.$/, /^--memory: "[^"]+" is not a size\.$/],
  [/may not be written by this user/, /^cannot be written: permission denied$/],
];

const texts = sourceTexts(() => true).map(({text}) => text);

it.each(replaced)('nothing says %s any more, and %s is said', (old, now) => {
  expect(texts.filter((text) => old.test(text))).toEqual([]);
  expect(texts.some((text) => now.test(text))).toBe(true);
});
