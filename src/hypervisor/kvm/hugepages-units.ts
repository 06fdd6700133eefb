import {libvirtOf} from '../../facts/virtualisation.ts';
import type {Artifact} from '../../artifacts/artifact.ts';
import {daemonReload} from '../../artifacts/daemon-reload.ts';
import {absent, hasOwnHeader, joinRendered, ownHeader, type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import {domainUse} from '../../facts/domain-use.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {kibPerGiB} from '../../facts/memory.ts';
import {mountUnit, mountUnitPath} from '../../plan/memory/hugepages/mount.ts';
import type {Plan} from '../../plan/plan.ts';
import {restartDaemon} from './restart-daemon.ts';

const mounts = ['/dev/hugepages2M', '/dev/hugepages1G'] as const;
type Mount = (typeof mounts)[number];

/** Units for the pages of the guest: one that gives back what the kernel allocated too many, and mounts. */
export const renderHugepages = (facts: HostFacts, plan: Plan): Rendered =>
  joinRendered([renderUnit(facts, plan), renderHugepagesMounts(facts, plan)]);

/** The mount that libvirt finds pages of another than the default size in, from every boot on and from now on. */
export const renderHugepagesMounts = (facts: HostFacts, plan: Plan): Rendered =>
  joinRendered(mounts.map((mount) => renderMount(facts, plan, mount)));

/** The unit's name and text; `null` when the plan needs none. */
export const hugepagesMountUnit = (plan: Plan): {readonly name: string; readonly text: string} | null => {
  const mount = mounts.find((one) => one === plan.memory.hugepages?.mount);
  return mount === undefined ? null : {name: mountUnit(mount), text: unitText(plan, mount)};
};

const renderMount = (facts: HostFacts, plan: Plan, mount: Mount): Rendered => {
  const path = mountUnitPath(mount);
  const link = `/etc/systemd/system/sysinit.target.wants/${mountUnit(mount)}`;
  if (plan.memory.hugepages?.mount !== mount)
    return hasOwnHeader(facts.files[path]) && !isUsedByOthers(facts, plan, mount)
      ? {artifacts: [absent(path), absent(link)], findings: []}
      : {artifacts: [], findings: []};
  const unit = renderOwned(
    facts,
    path,
    unitText(plan, mount),
    0o644,
    'libvirt looks for huge pages in mounts of hugetlbfs, and there is none with this size.',
  );
  if (unit.findings.length > 0) return unit;
  return {
    artifacts: [
      ...unit.artifacts,
      {kind: 'symlink', path: link, target: path, why: ['Mounts it at every boot, as systemctl enable does.']},
      ...commands(facts, mount, [path, link]),
    ],
    findings: [],
  };
};

const isUsedByOthers = (facts: HostFacts, {guest}: Plan, mount: Mount): boolean => {
  const libvirt = libvirtOf(facts);
  return libvirt.domains.some(
    (domain) =>
      domain.name !== guest.name && domainUse(domain, libvirt).pageKiB === (mount.endsWith('1G') ? kibPerGiB : 2048),
  );
};

/** As dev-hugepages.mount of systemd, with a size. */
const unitText = ({profile}: Plan, mount: Mount): string => `${ownHeader('#', profile)}[Unit]
Description=Huge pages of ${mount.endsWith('1G') ? '1 GiB' : '2 MiB'} for guests
DefaultDependencies=no
Before=sysinit.target shutdown.target
Conflicts=shutdown.target
ConditionPathExists=/sys/kernel/mm/hugepages

[Mount]
What=hugetlbfs
Where=${mount}
Type=hugetlbfs
Options=nosuid,nodev,pagesize=${mount.endsWith('1G') ? '1G' : '2M'}

[Install]
WantedBy=sysinit.target
`;

/** libvirt looks at the mounts when it starts (qemu.conf, hugetlbfs_mount); guests go on running. */
const commands = (facts: HostFacts, mount: Mount, triggers: readonly string[]): readonly Artifact[] => {
  const systemctl = (words: readonly string[], undo: readonly string[], why: string): Artifact => ({
    kind: 'command',
    argv: ['/usr/bin/systemctl', ...words],
    undo: ['/usr/bin/systemctl', ...undo],
    triggers,
    timeoutSeconds: 60,
    why: [why],
  });
  return [
    daemonReload(triggers),
    systemctl(['start', mountUnit(mount)], ['stop', mountUnit(mount)], 'The guest may start without a reboot.'),
    ...restartDaemon(facts, triggers, 'libvirt looks for mounts of huge pages when it starts; guests go on running.'),
  ];
};

export const hugepagesUnitName = 'vfio-pilot-hugepages.service';
const hugepagesUnitPath = `/etc/systemd/system/${hugepagesUnitName}`;
const hugepagesWantsPath = `/etc/systemd/system/sysinit.target.wants/${hugepagesUnitName}`;

/**
 * Unit that gives the pages back that the kernel had to allocate on every node. `null` when the plan needs none.
 *
 * Pages can only be given back per node through sysfs. `StandardOutput=truncate:` takes one file for the whole unit and
 * tmpfiles.d reports no failure, so each line is a shell with nothing but numbers in it. Before sysinit.target: no
 * service has taken memory yet, and libvirt has not seen the pages. sysfs is mounted by systemd itself before any unit.
 */
export const renderHugepagesUnit = (plan: Plan): string | null => {
  const pages = plan.memory.hugepages;
  if (pages === null || pages.method !== 'release-unit') return null;
  const slots = Object.entries(pages.release)
    .filter(([node, count]) => /^\d+$/.test(node) && Number.isSafeInteger(count) && count >= 0)
    .map(([node, count]) => ({
      count,
      file: `/sys/devices/system/node/node${node}/hugepages/hugepages-${pages.sizeKiB}kB/nr_hugepages`,
    }))
    // Giving back first leaves room where pages are still to be found.
    .sort((one, other) => one.count - other.count);
  return `${ownHeader('#', plan.profile)}[Unit]
Description=Give huge pages of nodes that the guest does not use back to the host
DefaultDependencies=no
Before=sysinit.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
${slots.map(({count, file}) => `ExecStart=/bin/sh -c 'echo ${count} > ${file}'`).join('\n')}
# The kernel may grant fewer pages without an error: then the unit fails, so that somebody sees it.
${slots.map(({count, file}) => `ExecStart=/bin/sh -c 'read -r pages < ${file} && [ "$$pages" -eq ${count} ]'`).join('\n')}

[Install]
WantedBy=sysinit.target
`;
};

const renderUnit = (facts: HostFacts, plan: Plan): Rendered => {
  const text = renderHugepagesUnit(plan);
  const unit = renderOwned(
    facts,
    hugepagesUnitPath,
    text ?? '',
    0o644,
    'This kernel allocates huge pages on all nodes; the ones that the guest does not use go back early.',
  );
  if (unit.findings.length > 0) return unit;
  const link: readonly Artifact[] =
    text === null
      ? facts.files[hugepagesWantsPath] === undefined
        ? []
        : [absent(hugepagesWantsPath)]
      : [
          {
            kind: 'symlink',
            path: hugepagesWantsPath,
            target: hugepagesUnitPath,
            why: ['Starts the unit at every boot, as systemctl enable does.'],
          },
        ];
  const files = [...unit.artifacts, ...link];
  return {
    artifacts: files.length === 0 ? [] : [...files, daemonReload([hugepagesUnitPath, hugepagesWantsPath])],
    findings: [],
  };
};
