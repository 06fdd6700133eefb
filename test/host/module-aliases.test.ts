import * as fc from 'fast-check';
import {expect, it} from 'vitest';
import {matchesGlob, parsePciAliases} from '../../src/host/kernel/modules.ts';
import {measureIn} from '../support/work.ts';

const text = `# Aliases extracted from modules themselves.
alias usb:v0A5Cp*d*dc*dsc*dp*ic*isc*ip*in* btusb
alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau
alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci
alias pci:v*d*sv*sd*bc01sc06i01* ahci
alias pci:broken
alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci`;

it('keeps the aliases of one bus apart from the others', () => {
  expect(parsePciAliases(text, 'pci')).toEqual([
    {pattern: 'v000010DEd*sv*sd*bc03sc*i*', module: 'nouveau'},
    {pattern: 'v*d*sv*sd*bc01sc06i01*', module: 'ahci'},
  ]);
  expect(parsePciAliases(text, 'vfio_pci').map(({module}) => module)).toEqual(['vfio_pci', 'mlx5_vfio_pci']);
});

it('finds an alias on the first line', () => {
  expect(parsePciAliases('alias pci:v00001234d* one\n', 'pci')).toHaveLength(1);
});

it.each([
  ['a*c', 'abbc', true],
  ['a*c', 'abbd', false],
  ['*', '', true],
  ['v000010DEd*bc03sc*i*', 'v000010DEd00001C81bc03sc00i00', true],
  ['v000010DEd*bc03sc*i*', 'v000010DEd00000FB9bc04sc03i00', false],
  ['a?c', 'abc', true],
  ['abc', 'abcd', false],
  ['', '', true],
])('matches %s against %s: %s', (pattern, name, isMatch) => {
  expect(matchesGlob(pattern, name)).toBe(isMatch);
});

it('agrees with the same pattern as a regular expression', () => {
  const sign = fc.constantFrom('a', 'b', '*', '?');
  const letter = fc.constantFrom('a', 'b');
  fc.assert(
    fc.property(fc.string({unit: sign, maxLength: 6}), fc.string({unit: letter, maxLength: 8}), (pattern, name) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      expect(matchesGlob(pattern, name)).toBe(expression.test(name));
    }),
  );
});

it('does little work for a pattern that is all stars', () => {
  const match = (stars: number): boolean => matchesGlob('*a'.repeat(stars), 'a'.repeat(stars - 1));
  const inSmallOnes = measureIn(() => match(10));

  expect(match(40)).toBe(false);
  expect(inSmallOnes(() => match(40), 1000)).toBeLessThan(1000);
});
