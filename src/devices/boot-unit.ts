import type {Artifact, CommandArtifact} from '../artifacts/artifact.ts';
import {daemonReload} from '../artifacts/daemon-reload.ts';
import {absent, hasOwnHeader, ownHeader, type Rendered, renderOwned} from '../artifacts/rendered.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Plan} from '../plan/plan.ts';
import {unitNamePart} from './unit-name.ts';

export const scriptDirectory = '/usr/local/lib/vfio-pilot';
const units = '/etc/systemd/system';

/** What makes a kind of device at each boot: a unit, the link that enables it, and the script that it runs. */
export type BootUnit = {
  readonly script: string;
  readonly unit: string;
  readonly link: string;
  readonly unitName: string;
};

/** Each guest has files of its own, so that the set-up of one can be rolled back without the other's. */
export const bootUnit = (guest: string, {unit, script}: {readonly unit: string; readonly script: string}): BootUnit => {
  const name = unitNamePart(guest);
  const unitName = `vfio-pilot-${unit}-${name}.service`;
  return {
    script: `${scriptDirectory}/${script}-${name}`,
    unit: `${units}/${unitName}`,
    link: `${units}/multi-user.target.wants/${unitName}`,
    unitName,
  };
};

export type ScriptParts = {
  /** A comment under the header. */
  readonly remark: string;
  /** Assignments of the shell, which tests replace. */
  readonly variables: readonly string[];
  readonly functions: string;
  /** One script of this name runs at a time. */
  readonly lock: string;
  /** Commands; each failure is kept in `failed`. */
  readonly calls: readonly string[];
};

/** A script of ours that runs as root on the host, for dash and bash alike. */
export const ownScript = (
  profile: string,
  {remark, variables, functions, lock, calls}: ScriptParts,
): string => `#!/bin/sh
${ownHeader('#', profile)}# ${remark}
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
run=/run
sysfs=/sys
${variables.join('\n')}

say() {
	echo "vfio-pilot: $*" >&2
}

${functions.trim()}

mkdir -p "$run/vfio-pilot"
exec 9>"$run/vfio-pilot/${lock}.lock"
flock 9
failed=0
${calls.join('\n')}
exit $failed
`;

export type UnitParts = {
  readonly description: string;
  /** Lines of the section [Unit]. */
  readonly lines?: readonly string[];
  /** Units besides those that every one of ours is after or before. */
  readonly after?: readonly string[];
  readonly before?: readonly string[];
};

/** NVIDIA's services load and tend the driver: where there are none, their names do nothing. */
export const afterNvidia: readonly string[] = ['nvidia-vgpud.service', 'nvidia-vgpu-mgr.service'];

/**
 * Guests are started by the daemon (on Proxmox VE by pve-guests), so it is enough to be before its service; its sockets
 * come before ordinary services (a circle).
 */
const unitText = (profile: string, script: string, {description, lines = [], after = [], before = []}: UnitParts) =>
  `${ownHeader('#', profile)}[Unit]
Description=${description}
${lines.map((line) => `${line}\n`).join('')}After=${['local-fs.target', 'systemd-modules-load.service', ...after].join(' ')}
Before=${[...before, 'libvirtd.service', 'virtqemud.service', 'libvirt-guests.service', 'pve-guests.service'].join(' ')}
RequiresMountsFor=${scriptDirectory}

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=300
ExecStart=/bin/sh ${script}

[Install]
WantedBy=multi-user.target
`;

export type BootUnitParts = {
  readonly script: ScriptParts;
  readonly unit: UnitParts;
  readonly whyScript: string;
  readonly whyUnit: string;
};

/** The files of the unit; where nothing is to be made, those of an earlier run go. `reload`: more of the daemon's reload. */
export const renderBootUnit = (
  facts: HostFacts,
  {profile}: Pick<Plan, 'profile'>,
  {script, unit, link}: BootUnit,
  parts: BootUnitParts | null,
  reload: Partial<Pick<CommandArtifact, 'effect'>> & {readonly triggers?: readonly string[]} = {},
): Rendered => {
  if (parts === null)
    return hasOwnHeader(facts.files[unit])
      ? {artifacts: [absent(link), absent(unit), absent(script), daemonReload([unit, link])], findings: []}
      : {artifacts: [], findings: []};
  const files = [
    renderOwned(facts, script, ownScript(profile, parts.script), 0o755, parts.whyScript),
    renderOwned(facts, unit, unitText(profile, script, parts.unit), 0o644, parts.whyUnit),
  ];
  const findings = files.flatMap((file) => file.findings);
  if (findings.length > 0) return {artifacts: [], findings};
  const {triggers = [], ...effect} = reload;
  return {
    artifacts: [
      ...files.flatMap(({artifacts}): readonly Artifact[] => artifacts),
      {kind: 'symlink', path: link, target: unit, why: ['Starts it at every boot, as systemctl enable does.']},
      {...daemonReload([unit, link, ...triggers]), ...effect},
    ],
    findings: [],
  };
};
