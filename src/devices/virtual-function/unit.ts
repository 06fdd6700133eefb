import type {Artifact} from '../../artifacts/artifact.ts';
import {daemonReload} from '../../artifacts/daemon-reload.ts';
import {absent, hasOwnHeader, ownHeader, type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import {type FileTable, keeps} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {AssignedVirtualFunction, Plan} from '../../plan/plan.ts';
import functions from './make-virtual-functions.sh';
import {unitNamePart} from '../unit-name.ts';

const scriptDirectory = '/usr/local/lib/vfio-pilot';
const units = '/etc/systemd/system';

/** The unit itself is among the files that are read anyway. */
export const unitFiles: FileTable = [keeps(scriptDirectory, 'virtual-functions-*')];

type Paths = {readonly script: string; readonly unit: string; readonly link: string; readonly unitName: string};

/** Each guest has files of its own, so that the set-up of one can be rolled back without the other's. */
export const unitPaths = (guest: string): Paths => {
  const name = unitNamePart(guest);
  const unitName = `vfio-pilot-vfs-${name}.service`;
  return {
    script: `${scriptDirectory}/virtual-functions-${name}`,
    unit: `${units}/${unitName}`,
    link: `${units}/multi-user.target.wants/${unitName}`,
    unitName,
  };
};

type Parent = {
  readonly address: PciAddress;
  readonly count: number;
  readonly probesDrivers: boolean;
  readonly isNetwork: boolean;
};

const parentsOf = ({devices}: Plan): readonly Parent[] => {
  const parts = devices.flatMap(({assigned}) =>
    assigned.type === 'virtual-function' && assigned.vgpu === null ? [assigned] : [],
  );
  return [...new Set(parts.map(({of}) => of))].map((address) =>
    parentOf(
      address,
      parts.filter(({of}) => of === address),
    ),
  );
};

const parentOf = (address: PciAddress, parts: readonly AssignedVirtualFunction[]): Parent => ({
  address,
  count: Math.max(...parts.map(({count}) => count)),
  probesDrivers: parts.some(({probesDrivers}) => probesDrivers),
  isNetwork: parts.some(({network}) => network !== null),
});

/** A unit that makes the virtual functions at each boot before a guest can start, and the script that it runs. */
export const renderUnit = (facts: HostFacts, plan: Plan): Rendered => {
  const parents = parentsOf(plan);
  const {script, unit, link} = unitPaths(plan.guest.name);
  if (parents.length === 0)
    return hasOwnHeader(facts.files[unit])
      ? {
          artifacts: [absent(link), absent(unit), absent(script), daemonReload([unit, link])],
          findings: [],
        }
      : {artifacts: [], findings: []};
  const files = [
    renderOwned(
      facts,
      script,
      scriptText(plan, parents),
      0o755,
      'Waits for the driver of the card, makes the virtual functions and counts them.',
    ),
    renderOwned(facts, unit, unitText(plan, parents), 0o644, 'Virtual functions are gone after each boot.'),
  ];
  const findings = files.flatMap((file) => file.findings);
  if (findings.length > 0) return {artifacts: [], findings};
  return {
    artifacts: [
      ...files.flatMap(({artifacts}): readonly Artifact[] => artifacts),
      {kind: 'symlink', path: link, target: unit, why: ['Starts it at every boot, as systemctl enable does.']},
      daemonReload([unit, link]),
    ],
    findings: [],
  };
};

const scriptText = ({profile}: Plan, parents: readonly Parent[]): string => `#!/bin/sh
${ownHeader('#', profile)}# Several guests may have such a script for one card: each asks for its own number at least, and one runs at a time.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
run=/run
sysfs=/sys
patience=120
second=1

say() {
	echo "vfio-pilot: $*" >&2
}

${functions.trim()}

mkdir -p "$run/vfio-pilot"
exec 9>"$run/vfio-pilot/virtual-functions.lock"
flock 9
failed=0
${parents
  .map(
    ({address, count, probesDrivers}) =>
      `make ${address} ${Math.trunc(count)} ${probesDrivers ? 'keep' : 'off'} || failed=1`,
  )
  .join('\n')}
exit $failed
`;

/**
 * Guests are started by the daemon (on Proxmox VE by pve-guests), so it is enough to be before its service; its sockets come before ordinary services
 * (a circle). A network card has its virtual functions before anything configures the network, which on some systems is
 * before basic.target: so without the default order there.
 */
const unitText = ({profile, guest}: Plan, parents: readonly Parent[]): string => {
  const isNetwork = parents.some((parent) => parent.isNetwork);
  return `${ownHeader('#', profile)}[Unit]
Description=Virtual functions of ${parents.map(({address}) => address).join(', ')} for the guest ${guest.name}
${isNetwork ? 'DefaultDependencies=no\nConflicts=shutdown.target\nWants=network-pre.target\n' : ''}After=local-fs.target systemd-modules-load.service
Before=${isNetwork ? 'network-pre.target shutdown.target ' : ''}libvirtd.service virtqemud.service libvirt-guests.service pve-guests.service
RequiresMountsFor=${scriptDirectory}

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=300
ExecStart=/bin/sh ${unitPaths(guest.name).script}

[Install]
WantedBy=multi-user.target
`;
};
