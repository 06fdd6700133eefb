import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import type {HostNeed} from '../../src/facts/needs.ts';
import {judgeCandidate} from '../../src/ui/wizard/candidates.ts';
import {riskFields} from '../../src/ui/wizard/consent-fields.ts';
import type {TextField} from '../../src/ui/wizard/field.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {samplePci} from '../support/sample-facts.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const nic = samplePci('0000:05:00.0', {
  class: '020000',
  vendor: '8086',
  device: '15f3',
  driver: 'igc',
  iommuGroup: 17,
  name: 'Intel Corporation Device 15f3',
});
const need = (kind: HostNeed['kind'], chain: string): HostNeed => ({address: nic.address, kind, chain, spares: []});

const withMate = (needs: readonly HostNeed[], iommuGroup: number | null = 17) => {
  const services = sampleServices({facts: sampleHost({pci: [...sampleHost().pci, {...nic, iommuGroup}], needs})});
  const profile = proposeProfile(services.facts, ['0000:06:00.0', '0000:06:00.1']);
  return {services, profile};
};

const giveUp = ({services, profile}: ReturnType<typeof withMate>): string | undefined => {
  const preview = services.preview(profile);
  const context = {facts: services.facts, profile, preview, edits: {}, named: new Set<string>()};
  const fields = riskFields({...services, ...context} as unknown as Parameters<typeof riskFields>[0]);
  const field = fields.find(({id}) => id === `host.acceptGroupMates:${nic.address}`) as TextField | undefined;
  return field?.cost({...services, ...context} as unknown as Parameters<TextField['cost']>[0]);
};

const network = [need('network', 'the default route goes through eth0 → 0000:05:00.0')];

describe('consent to the loss of a group mate', () => {
  it('says what kind of device it is, and what the host needs it for, before anybody types the word', () => {
    expect(giveUp(withMate(network))).toContain(
      '0000:05:00.0 (Ethernet controller) is in the IOMMU group of the card. A group goes to the guest as a whole, so the host loses this device too. The host needs it: the default route goes through eth0 → 0000:05:00.0.',
    );
    expect(giveUp(withMate([]))).not.toContain('The host needs it');
  });

  it('is not asked for where the host could not start without it, and the card is then out of reach', () => {
    const held = withMate([need('root', '/ is on nvme0n1p2 → 0000:05:00.0')]);
    expect(giveUp(held)).toBeUndefined();
    expect(judgeCandidate(held.services, ['0000:06:00.0', '0000:06:00.1'])).toMatchObject({
      isUsable: false,
      isConditional: false,
    });
    expect(judgeCandidate(withMate(network).services, ['0000:06:00.0', '0000:06:00.1']).isConditional).toBe(true);
  });

  it('speaks of no group where neither device is in one', () => {
    const {services, profile} = withMate(network, null);
    const facts = {...services.facts, pci: services.facts.pci.map((one) => ({...one, iommuGroup: null}))};
    const accepted = {...profile, host: {...profile.host, acceptGroupMates: [nic.address]}};
    expect(giveUp({services: {...services, facts}, profile: accepted})).toContain('can’t be kept apart from the card');
  });

  it('has a field whose name is apart from what is typed', async () => {
    const wizard = openWizard(withMate(network).services);
    expect(await wizard.press(keys.enter, keys.up, keys.enter)).toContain('❯ Give up 0000:05:00.0 › ');
  });
});
