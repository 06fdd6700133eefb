import type {Artifact} from '../../artifacts/artifact.ts';
import {absent, judgeReadable, type Rendered} from '../../artifacts/rendered.ts';
import {type FileTable, keeps} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {AssignedMediatedDevice, Plan} from '../../plan/plan.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {
  afterNvidia,
  type BootUnit,
  bootUnit,
  type BootUnitParts,
  renderBootUnit,
  scriptDirectory,
} from '../boot-unit.ts';
import {definitionFiles, definitionPath, definitionText} from './definition.ts';
import {liveSlices} from './live-slices.ts';
import functions from './make-mediated-devices.sh';

/** The unit itself is among the files that are read anyway. */
export const mediatedFiles: FileTable = [keeps(scriptDirectory, 'mediated-devices-*'), ...definitionFiles];

export const mediatedUnitPaths = (guest: string): BootUnit =>
  bootUnit(guest, {unit: 'mdev', script: 'mediated-devices'});

const slicesOf = ({devices}: Plan): readonly AssignedMediatedDevice[] =>
  devices.flatMap(({assigned}) =>
    assigned.type === 'mediated-device' && assigned.madeBy === 'unit' ? [assigned] : [],
  );

/**
 * mdevctl's definition of each slice, for mdevctl and libvirt to know it by, and a unit that makes the slices at each
 * boot before a guest can start: on Debian 12 and 13 nothing else does.
 */
export const renderMediated = (facts: HostFacts, plan: Plan): Rendered => {
  const slices = slicesOf(plan);
  const stale = staleDefinitions(facts, plan, slices);
  const unit = mediatedUnitPaths(plan.guest.name);
  if (slices.length === 0) {
    const {artifacts, findings} = renderBootUnit(facts, plan, unit, null);
    return {artifacts: [...stale, ...artifacts], findings};
  }
  const definitions = slices.map((slice) => definitionPath(slice.parent, slice.uuid));
  const {artifacts, findings} = renderBootUnit(facts, plan, unit, partsOf(plan, slices), {
    triggers: definitions,
    effect: liveSlices(facts, slices),
  });
  const unreadable = definitions.flatMap((path) => judgeReadable(facts.files[path]) ?? []);
  if (findings.length + unreadable.length > 0) return {artifacts: [], findings: [...findings, ...unreadable]};
  return {artifacts: [...stale, ...slices.map(definitionArtifact), ...artifacts], findings: []};
};

const definitionArtifact = ({parent, uuid, mdevType, attributes}: AssignedMediatedDevice): Artifact => ({
  kind: 'file',
  path: definitionPath(parent, uuid),
  text: definitionText(mdevType, attributes),
  encoding: 'utf8',
  mode: 0o644,
  placing: 'first',
  by: 'writer',
  why: ['By it mdevctl and libvirt know the slice: `mdevctl list --defined`.'],
});

/** Of an earlier run for this guest. The files have no header of ours, as they are mdevctl's to read. */
const staleDefinitions = (
  {guests, files}: HostFacts,
  {guest}: Plan,
  slices: readonly AssignedMediatedDevice[],
): readonly Artifact[] => {
  const wanted = slices.map(({parent, uuid}) => definitionPath(parent, uuid));
  return guests.recorded
    .filter((claim) => claim.guest === guest.name)
    .flatMap(({mediatedDevices}) => mediatedDevices.map(({parent, uuid}) => definitionPath(parent, uuid)))
    .filter((path) => !wanted.includes(path) && files[path] !== undefined)
    .map(absent);
};

const partsOf = ({guest}: Plan, slices: readonly AssignedMediatedDevice[]): BootUnitParts => ({
  whyScript: 'Waits for the driver of the card, and makes the slices that are not there.',
  whyUnit: 'Mediated devices are gone after each boot.',
  script: {
    remark: 'Several guests may have such a script for one card: each makes its own slices, and one runs at a time.',
    variables: ['modprobe=modprobe', 'patience=120', 'second=1', 'waited=0'],
    functions,
    lock: 'mediated-devices',
    calls: slices.map(
      ({parent, mdevType, uuid, attributes}) =>
        `make ${[parent, mdevType, uuid, ...attributes.map(({name, value}) => `${name}=${value}`)].map(quoteForShell).join(' ')} || failed=1`,
    ),
  },
  unit: {
    description: `Mediated devices of ${[...new Set(slices.map(({parent}) => parent))].join(', ')} for the guest ${guest.name}`,
    after: afterNvidia,
  },
});
