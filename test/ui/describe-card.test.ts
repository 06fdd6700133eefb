import {expect, it} from 'vitest';
import {describeCard} from '../../src/ui/views/describe-card.ts';
import {listCandidates} from '../../src/ui/wizard/candidates.ts';
import {sampleHost} from './sample-services.ts';

it('shows the whole number of a group, and keeps the columns behind it in their place', () => {
  const rowWith = (iommuGroup: number): string => {
    const pci = sampleHost().pci.map((one) => (one.address === '0000:06:00.0' ? {...one, iommuGroup} : one));
    const card = listCandidates(sampleHost({pci})).cards.find(({address}) => address === '0000:06:00.0');
    return card === undefined ? '' : describeCard(card);
  };
  expect(rowWith(128)).toContain(' group 128 nouveau');
  expect(rowWith(128).indexOf('nouveau')).toBe(rowWith(17).indexOf('nouveau'));
});
