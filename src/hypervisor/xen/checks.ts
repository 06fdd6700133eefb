import type {HostFacts} from '../../facts/host-facts.ts';
import {isGraphicsCard} from '../../facts/pci.ts';
import {about, type Check} from '../../findings/check.ts';
import {neighboursOf, sharesRegion} from './judge-together.ts';
import {xenOf} from './xen-facts.ts';

export const checkXenHost = (facts: HostFacts): readonly Check[] => [checkXen(facts), ...checkDevices(facts)];

/** What Xen can give away, whatever keeps its guests. */
export const checkDevices = (facts: HostFacts): readonly Check[] => [checkCapabilities(facts), ...checkCards(facts)];

const checkXen = (facts: HostFacts): Check => {
  const {ok, error} = about('xen', 'Xen');
  const {role, guestType, version, guests, info} = xenOf(facts);
  const what = `Xen ${version ?? 'of unknown version'}`;
  if (role === 'guest') return error(`${what}, and this is one of its guests.`, 'Run vfio-pilot in dom0.');
  if (role === null) return error(`${what}; /proc/xen is not mounted.`, 'mount -t xenfs xenfs /proc/xen');
  if (guestType === 'PVH')
    return error(
      `${what}; dom0 is PVH, which gives no device to a guest.`,
      'Take dom0=pvh out of the arguments of Xen.',
    );
  if (info === null)
    return error(
      `${what}; \`xl info -n\` does not answer.`,
      'Run it as root; is xen-utils installed, and does xenstored run?',
    );
  return ok(
    `${what}, dom0${guestType === null ? '' : ` (${guestType})`}, guests in /etc/xen: ${guests.map(({name}) => name).join(', ') || 'none'}.`,
  );
};

/** Whole words: others may follow. */
const checkCapabilities = (facts: HostFacts): Check => {
  const {ok, error, info} = about('xen-directio', 'Devices for guests');
  const caps = xenOf(facts).info?.virtCaps ?? null;
  if (caps === null) return info('Unknown without `xl info`.');
  if (caps.includes('hvm_directio')) return ok('Xen gives devices to HVM guests (virt_caps: hvm_directio).');
  return error(
    `Xen has no IOMMU to give devices through (virt_caps: ${caps.join(' ')}).`,
    'Turn VT-d or AMD-Vi on in the firmware set-up, take iommu=off out of the arguments of Xen, and look at `xl dmesg`.',
  );
};

const checkCards = (facts: HostFacts): readonly Check[] =>
  facts.pci.filter(isGraphicsCard).map((card) => {
    const {ok, warning} = about('xen-isolation', `Isolation of ${card.address}`);
    const shared = sharesRegion(facts, card.address);
    const neighbours = neighboursOf(facts, card);
    const sentences = [
      ...neighbours.map(({functions, because}) => `${because}: ${functions.map(({address}) => address).join(', ')}`),
      ...(shared.length === 0 ? [] : [`it shares a reserved memory region (RMRR) with ${shared.join(', ')}`]),
    ];
    return sentences.length === 0
      ? ok('The config space shows no bridge above it that lets it reach another device.')
      : warning(`${sentences.join('; ')}.`, 'Try another slot; the plan says what follows.');
  });
