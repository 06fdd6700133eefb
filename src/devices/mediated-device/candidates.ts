import type {HostFacts} from '../../facts/host-facts.ts';
import {isPciType, type MediatedParent, type MediatedType, nameOfType} from '../../facts/mediated.ts';
import {parsePciAddress} from '../../facts/pci-address.ts';
import {isDisplay} from '../../facts/pci.ts';
import {idOf} from '../../plan/device/describe-function.ts';
import {type Candidate, type Named, partOfCard} from '../device-kind.ts';
import {comingSlices} from './coming-slices.ts';
import {describeType, isCalled} from './choose-type.ts';
import {leftOfType} from './left-of-type.ts';
import {parsePlace, placeOfMediated, type ProfileMediatedDevice} from './mediated-device-format.ts';
import {proposeUuid} from './propose-uuid.ts';

/** Types of which there is at least one left; of the many virtual functions of one GPU those of the first that has some. */
export const mediatedCandidates = (facts: HostFacts): readonly Candidate[] => {
  const coming = comingSlices(facts, null);
  const seen = new Set<string>();
  return facts.mediated.parents.flatMap((parent) => {
    const card = facts.pci.find(({address}) => address === parent.address) ?? null;
    return parent.types.filter(isPciType).flatMap((type): readonly Candidate[] => {
      const {count} = leftOfType(facts, {parent, type, uuid: ''}, coming);
      const key = `${card?.physicalFunction ?? parent.name}/${type.id}`;
      if (count === 0 || seen.has(key)) return [];
      seen.add(key);
      return [
        {
          kind: 'mediated-device',
          identities: [placeOfMediated(parent.name, type.id)],
          functions: [],
          isDisplay: card !== null && isDisplay(card),
          part: {
            ...partOfCard,
            of: card,
            parent: parent.name,
            driver: parent.driver,
            name: sliceName(type),
            remark: remarkOf(type, count),
            present: null,
            group: 'own',
            room: roomOf(facts, parent, type, count),
          },
        },
      ];
    });
  });
};

/** `slice GRID RTX6000-1Q of 1024 MiB` */
const sliceName = (type: MediatedType): string =>
  [
    'slice',
    ...(nameOfType(type) === type.id ? [] : [nameOfType(type)]),
    ...(type.vramMiB === null ? [] : [`of ${type.vramMiB} MiB`]),
  ].join(' ');

const remarkOf = (type: MediatedType, count: number | null): string =>
  `${type.vramMiB === null ? 'Its video memory is unknown. ' : ''}${count === null ? 'How many more there can be is unknown' : `${count} of this type ${count === 1 ? 'is' : 'are'} left`}`;

/** Of the memory that the driver divides into slices: what is in use, and what there would still be room for. */
const roomOf = (
  {mediated}: HostFacts,
  parent: MediatedParent,
  type: MediatedType,
  count: number | null,
): {readonly usedMiB: number; readonly freeMiB: number} | null => {
  if (type.vramMiB === null || count === null) return null;
  const used = mediated.devices
    .filter((one) => one.parent === parent.name)
    .map((one) => parent.types.find(({id}) => id === one.type)?.vramMiB ?? null);
  if (used.includes(null)) return null;
  return {usedMiB: used.reduce<number>((sum, size) => sum + (size ?? 0), 0), freeMiB: type.vramMiB * count};
};

export const proposeMediated = (facts: HostFacts, identities: readonly string[]): readonly ProfileMediatedDevice[] =>
  identities.flatMap((identity): readonly ProfileMediatedDevice[] => {
    const named = parsePlace(identity);
    const parent = facts.mediated.parents.find(({name}) => name === named?.parent);
    const type = parent?.types.find(({id}) => id === named?.type);
    if (parent === undefined || type === undefined) return [];
    const card = facts.pci.find(({address}) => address === parent.address) ?? null;
    return [
      {
        kind: 'mediated-device',
        mdev: {
          parent: parent.name,
          id: card === null ? null : idOf(card),
          subsystem: card?.subsystem ?? null,
          upstream: card === null || card.upstream.length === 0 ? null : card.upstream,
          type: type.id,
          name: nameOfType(type) === type.id ? null : nameOfType(type),
          vramMiB: null,
          suffix: null,
          uuid: proposeUuid(facts, placeOfMediated(parent.name, type.id)),
          attributes: [],
          display: false,
        },
      },
    ];
  });

/** `0000:00:02.0/i915-GVTg_V5_4`, and the name that the driver gives the type. */
export const understandMediated = ({mediated}: HostFacts, words: string): Named | null => {
  const named = parsePlace(words);
  if (named === null || /^virtfn\d+$/.test(named.type)) return null;
  const refuse = (problem: string, remedy: string): Named => ({ok: false, problem, remedy});
  const parent = mediated.parents.find(({name}) => name === named.parent);
  if (parent === undefined) {
    if (mediated.parents.length === 0 && parsePciAddress(named.parent) === null) return null;
    return refuse(
      `${named.parent} makes no mediated devices on this host.`,
      '`vfio-pilot check` says which devices do.',
    );
  }
  const type = parent.types.find((one) => isCalled(one, named.type));
  if (type === undefined)
    return refuse(
      `${parent.name} offers no type ${named.type}.`,
      `It offers ${parent.types.map(describeType).join(', ') || 'none'}.`,
    );
  return {ok: true, identity: placeOfMediated(parent.name, type.id)};
};
