import type {Artifact} from '../../artifacts/artifact.ts';
import {daemonReload} from '../../artifacts/daemon-reload.ts';
import {absent, hasOwnHeader, ownHeader, type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import {type FileTable, keeps} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {AssignedVirtualFunction, Plan} from '../../plan/plan.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {unitNamePart} from '../unit-name.ts';
import functions from './set-vgpu-types.sh';

const scriptDirectory = '/usr/local/lib/vfio-pilot';
const units = '/etc/systemd/system';

export const vgpuFiles: FileTable = [keeps(scriptDirectory, 'vgpu-*')];

type Paths = {readonly script: string; readonly unit: string; readonly link: string; readonly unitName: string};

/** A unit of its own: it comes after NVIDIA's services, and that of other cards before the network. */
export const vgpuUnitPaths = (guest: string): Paths => {
  const name = unitNamePart(guest);
  const unitName = `vfio-pilot-vgpu-${name}.service`;
  return {
    script: `${scriptDirectory}/vgpu-${name}`,
    unit: `${units}/${unitName}`,
    link: `${units}/multi-user.target.wants/${unitName}`,
    unitName,
  };
};

type Vgpu = AssignedVirtualFunction & {readonly vgpu: NonNullable<AssignedVirtualFunction['vgpu']>};

const vgpusOf = ({devices}: Plan): readonly Vgpu[] =>
  devices.flatMap(({assigned}) =>
    assigned.type === 'virtual-function' && assigned.vgpu !== null ? [{...assigned, vgpu: assigned.vgpu}] : [],
  );

/** A unit that has NVIDIA's program make the virtual functions at each boot, and gives ours their types. */
export const renderVgpuUnit = (facts: HostFacts, plan: Plan): Rendered => {
  const vgpus = vgpusOf(plan);
  const {script, unit, link} = vgpuUnitPaths(plan.guest.name);
  if (vgpus.length === 0)
    return hasOwnHeader(facts.files[unit])
      ? {artifacts: [absent(link), absent(unit), absent(script), daemonReload([unit, link])], findings: []}
      : {artifacts: [], findings: []};
  const files = [
    renderOwned(facts, script, scriptText(plan, vgpus), 0o755, 'Makes the virtual functions, and sets the vGPU types.'),
    renderOwned(facts, unit, unitText(plan, vgpus), 0o644, 'Both are gone after each boot.'),
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

const scriptText = ({profile}: Plan, vgpus: readonly Vgpu[]): string => `#!/bin/sh
${ownHeader('#', profile)}# Several guests may have such a script for one GPU: each sets its own types, and one runs at a time.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
run=/run
sysfs=/sys
sriov_manage=/usr/lib/nvidia/sriov-manage
nvidia_smi=nvidia-smi
patience=120
second=1
waited=0

say() {
	echo "vfio-pilot: $*" >&2
}

${functions.trim()}

mkdir -p "$run/vfio-pilot"
exec 9>"$run/vfio-pilot/vgpu.lock"
flock 9
failed=0
${[...new Set(vgpus.map(({of}) => of))]
  .map((of) => {
    const isMixed = vgpus.some((one) => one.of === of && one.vgpu.mixedSizes);
    return `make_all ${of} ${isMixed ? 'mixed' : 'equal'} || failed=1`;
  })
  .join('\n')}
${vgpus.map(({of, index, vgpu}) => `set_type ${of} ${Math.trunc(index)} ${quoteForShell(vgpu.name)} || failed=1`).join('\n')}
exit $failed
`;

/** NVIDIA's services load and tend the driver, and Proxmox's may have made the virtual functions: where there are none, their names do nothing. */
const unitText = ({profile, guest}: Plan, vgpus: readonly Vgpu[]): string =>
  `${ownHeader('#', profile)}[Unit]
Description=vGPUs of ${[...new Set(vgpus.map(({of}) => of))].join(', ')} for the guest ${guest.name}
After=local-fs.target systemd-modules-load.service nvidia-vgpud.service nvidia-vgpu-mgr.service
Before=libvirtd.service virtqemud.service libvirt-guests.service
RequiresMountsFor=${scriptDirectory}

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=300
ExecStart=/bin/sh ${vgpuUnitPaths(guest.name).script}

[Install]
WantedBy=multi-user.target
`;
