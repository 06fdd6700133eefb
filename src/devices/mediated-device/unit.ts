import type {Artifact} from '../../artifacts/artifact.ts';
import {daemonReload} from '../../artifacts/daemon-reload.ts';
import {absent, hasOwnHeader, judgeReadable, ownHeader, type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import {type FileTable, keeps} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {AssignedMediatedDevice, Plan} from '../../plan/plan.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {unitNamePart} from '../unit-name.ts';
import {definitionFiles, definitionPath, definitionText} from './definition.ts';
import {liveSlices} from './live-slices.ts';
import functions from './make-mediated-devices.sh';

const scriptDirectory = '/usr/local/lib/vfio-pilot';
const units = '/etc/systemd/system';

/** The unit itself is among the files that are read anyway. */
export const mediatedFiles: FileTable = [keeps(scriptDirectory, 'mediated-devices-*'), ...definitionFiles];

type Paths = {readonly script: string; readonly unit: string; readonly link: string; readonly unitName: string};

/** Each guest has files of its own, so that the set-up of one can be rolled back without the other's. */
export const mediatedUnitPaths = (guest: string): Paths => {
  const name = unitNamePart(guest);
  const unitName = `vfio-pilot-mdev-${name}.service`;
  return {
    script: `${scriptDirectory}/mediated-devices-${name}`,
    unit: `${units}/${unitName}`,
    link: `${units}/multi-user.target.wants/${unitName}`,
    unitName,
  };
};

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
  const {script, unit, link} = mediatedUnitPaths(plan.guest.name);
  if (slices.length === 0)
    return {
      artifacts: [
        ...stale,
        ...(hasOwnHeader(facts.files[unit])
          ? [absent(link), absent(unit), absent(script), daemonReload([unit, link])]
          : []),
      ],
      findings: [],
    };
  const files = [
    renderOwned(
      facts,
      script,
      scriptText(plan, slices),
      0o755,
      'Waits for the driver of the card, and makes the slices that are not there.',
    ),
    renderOwned(facts, unit, unitText(plan, slices), 0o644, 'Mediated devices are gone after each boot.'),
  ];
  const definitions = slices.map((slice) => definitionPath(slice.parent, slice.uuid));
  const findings = [
    ...files.flatMap((file) => file.findings),
    ...definitions.flatMap((path) => judgeReadable(facts.files[path]) ?? []),
  ];
  if (findings.length > 0) return {artifacts: [], findings};
  return {
    artifacts: [
      ...stale,
      ...slices.map(definitionArtifact),
      ...files.flatMap(({artifacts}): readonly Artifact[] => artifacts),
      {kind: 'symlink', path: link, target: unit, why: ['Starts it at every boot, as systemctl enable does.']},
      {...daemonReload([unit, link, ...definitions]), effect: liveSlices(facts, slices)},
    ],
    findings: [],
  };
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

const scriptText = ({profile}: Plan, slices: readonly AssignedMediatedDevice[]): string => `#!/bin/sh
${ownHeader('#', profile)}# Several guests may have such a script for one card: each makes its own slices, and one runs at a time.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
run=/run
sysfs=/sys
modprobe=modprobe
patience=120
second=1
waited=0

say() {
	echo "vfio-pilot: $*" >&2
}

${functions.trim()}

mkdir -p "$run/vfio-pilot"
exec 9>"$run/vfio-pilot/mediated-devices.lock"
flock 9
failed=0
${slices
  .map(
    ({parent, mdevType, uuid, attributes}) =>
      `make ${[parent, mdevType, uuid, ...attributes.map(({name, value}) => `${name}=${value}`)].map(quoteForShell).join(' ')} || failed=1`,
  )
  .join('\n')}
exit $failed
`;

/**
 * Guests are started by the daemon, so it is enough to be before its service; its sockets come before ordinary services (a
 * circle). NVIDIA's services load the driver; where there are none, their names do nothing.
 */
const unitText = ({profile, guest}: Plan, slices: readonly AssignedMediatedDevice[]): string =>
  `${ownHeader('#', profile)}[Unit]
Description=Mediated devices of ${[...new Set(slices.map(({parent}) => parent))].join(', ')} for the guest ${guest.name}
After=local-fs.target systemd-modules-load.service nvidia-vgpud.service nvidia-vgpu-mgr.service
Before=libvirtd.service virtqemud.service libvirt-guests.service
RequiresMountsFor=${scriptDirectory}

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=300
ExecStart=/bin/sh ${mediatedUnitPaths(guest.name).script}

[Install]
WantedBy=multi-user.target
`;
