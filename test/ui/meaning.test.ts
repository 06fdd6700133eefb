import {describe, expect, it} from 'vitest';
import {meaningOfAssigning} from '../../src/ui/views/device-lines.ts';
import {listCandidates} from '../../src/ui/wizard/candidates.ts';
import {plainText} from '../../src/words/lines.ts';
import {sampleHost} from './sample-services.ts';

const saidOf = (address: string, facts = sampleHost()): string => {
  const {cards, others} = listCandidates(facts);
  const candidate = [...cards, ...others].find((one) => one.address === address);
  return candidate === undefined ? '' : meaningOfAssigning(candidate, 400).map(plainText).join(' ');
};

describe('what it means to give a device away', () => {
  it('names the connectors of a card that has some', () => {
    expect(saidOf('0000:06:00.0')).toMatch(/^The card is .*The picture comes out of the card’s own connector/);
  });

  it('says how the guest is seen where the card has no outputs', () => {
    const pci = sampleHost().pci.map((one) => (one.address === '0000:06:00.0' ? {...one, class: '030200'} : one));
    expect(saidOf('0000:06:00.0', sampleHost({pci}))).toBe(
      'The card is for this guest alone: neither the host nor other guests can use it. All guest memory stays pinned in RAM. This card has no outputs: you see the guest over the network, or on its emulated screen.',
    );
  });

  it('speaks of no picture, and of no card, where the device shows none', () => {
    expect(saidOf('0000:00:1f.2')).toBe(
      'The device is for this guest alone: neither the host nor other guests can use it. All guest memory stays pinned in RAM.',
    );
  });
});
