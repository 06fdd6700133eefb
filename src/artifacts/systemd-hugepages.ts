import type {Plan} from '../plan/plan.ts';
import {ownHeader} from './own-file.ts';

export const hugepagesUnitName = 'vfio-pilot-hugepages.service';
export const hugepagesUnitPath = `/etc/systemd/system/${hugepagesUnitName}`;
export const hugepagesWantsPath = `/etc/systemd/system/sysinit.target.wants/${hugepagesUnitName}`;

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
    .map(([node, count]) => ({count, file: `/sys/devices/system/node/node${node}/hugepages/hugepages-${pages.sizeKiB}kB/nr_hugepages`}))
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
