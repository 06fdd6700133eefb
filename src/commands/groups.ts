import {type Check, either, flag, listOf, literal, shape} from '../decode/decode.ts';
import type {IommuGroup} from '../facts/iommu.ts';
import {pciAddressText} from '../facts/pci-address.ts';
import type {PciFunction} from '../facts/pci.ts';
import {iommuGroupMembers, pciFunctionShape} from '../facts/shapes/pci-shapes.ts';
import {describeAcsOverride} from '../groups/acs-override.ts';
import {describeGroups} from '../groups/describe-groups.ts';
import type {GroupOutline, GroupFacts} from '../host/read-groups.ts';
import {printableLines} from '../words/printable.ts';
import {type Command, exitCodes} from './command.ts';

/** For a person only what is shown is read; a document has every member of each function. */
type Listed = {readonly outline: GroupOutline | null; readonly facts: GroupFacts | null};

type Document = {
  readonly version: 1;
  readonly active: boolean;
  readonly groups: readonly (IommuGroup & {readonly functions: readonly GroupMember[]})[];
};

/** Only its address where the function itself cannot be read. */
type GroupMember = PciFunction | Pick<PciFunction, 'address'>;

const groupMember: Check<GroupMember> = either<GroupMember>(
  pciFunctionShape,
  shape<Pick<PciFunction, 'address'>>({address: pciAddressText}),
);

const overrideLines = ({boot}: GroupOutline): readonly string[] => {
  const line = describeAcsOverride(boot.commandLine);
  return line === null ? [] : [line, ''];
};

export const groups: Command<unknown, Listed, Document> = {
  run: async ({host, json}) => {
    const {groupOutline, groups: readGroups} = await host();
    return json ? {outline: null, facts: await readGroups()} : {outline: await groupOutline(), facts: null};
  },
  exitCode: () => exitCodes.done,
  document: ({facts}) => {
    const byAddress = new Map(facts?.pci.map((device) => [device.address, device]));
    const inGroups = (facts?.iommu.groups ?? []).map((group) => ({
      ...group,
      functions: group.devices.map((address) => byAddress.get(address) ?? {address}),
    }));
    return {version: 1, active: facts?.iommu.active ?? false, groups: inGroups};
  },
  shape: shape<Document>({
    version: literal(1),
    active: flag,
    groups: listOf(shape<Document['groups'][number]>({...iommuGroupMembers, functions: listOf(groupMember)})),
  }),
  describe: ({outline}) =>
    outline === null ? '' : printableLines([...overrideLines(outline), ...describeGroups(outline)]),
};
