import {expect, it} from 'vitest';
import {systemOnMedium} from '../../src/formats/osinfo.ts';

const volume = {systemId: '', volumeId: 'a'.repeat(32), publisherId: '', applicationId: 'a'.repeat(128)};
const recognises = (pattern: string): boolean =>
  systemOnMedium(
    `<libosinfo><os id="x"><media arch="all"><iso><volume-id>a</volume-id><application-id>${pattern}</application-id></iso></media></os></libosinfo>`,
    volume,
    'x86_64',
  ) !== null;

it.each(['a', '^a+$', '.*a.*a.*'])('takes a pattern as libosinfo does: %s', (pattern) => {
  expect(recognises(pattern)).toBe(true);
});

// Each of them fits; what could take hours is not tried.
it.each(['.*.*.*.*', '(a+)+', '(?:a|aa)*', 'a'.repeat(1001)])(
  'leaves out one that could take for ever: %s',
  (pattern) => {
    expect(recognises(pattern)).toBe(false);
  },
);

it('takes no text that is no pattern', () => {
  expect(recognises('[')).toBe(false);
});
