import {lastingArguments} from '../../plan/arguments/host-command-line.ts';
import type {Hypervisor} from '../hypervisor.ts';
import {xenOf} from './xen-facts.ts';

/** Whether this is a Xen that xl gives devices out on, and whether it answers. */
export const judgeXenHost: Hypervisor['judgeHost'] = (context) => {
  const {facts, report} = context;
  const {role, guestType, info} = xenOf(facts);
  if (role === 'guest')
    report('blocker', 'xen-unserved', {
      subject: 'host',
      message:
        'This system is itself a guest of Xen (/proc/xen/capabilities lacks control_d), so it can give nothing away.',
      remedy: 'Run vfio-pilot in dom0.',
    });
  else if (role === null)
    report('blocker', 'xen-unserved', {
      subject: 'host',
      message: 'Whether this is dom0 is unknown: /proc/xen/capabilities is not there.',
      remedy: 'Mount it: mount -t xenfs xenfs /proc/xen; Debian does so with xen-utils-common.',
    });
  else if (guestType === 'PVH')
    report('blocker', 'xen-unserved', {
      subject: 'host',
      message: 'dom0 is a PVH domain, and Xen gives devices to guests from a PV dom0 only (Xen: SUPPORT.md).',
      remedy: 'Take dom0=pvh out of the arguments of Xen, and restart.',
    });
  else if (info === null)
    report('blocker', 'xen-silent', {
      subject: 'host',
      message:
        'The CPUs, nodes and memory of this machine are unknown: `xl info -n` gives no usable answer. The kernel of dom0 shows only dom0’s virtual CPUs, so they can’t be used instead.',
      remedy: facts.isLive
        ? 'Run it as root, and look at `xl info -n`: is xen-utils installed, and does xenstored run?'
        : 'Capture the host again, as root, with this version of vfio-pilot.',
    });
  for (const key of ['hugepages', 'isolcpus']) {
    const values = lastingArguments(facts, key);
    if (values.length > 0)
      report('warning', 'kernel-argument-conflict', {
        subject: 'kernelArguments',
        message: `${key}=${values.join(', ')} is configured for the kernel. Under Xen it counts dom0’s own memory and CPUs, and does nothing for a guest.`,
        remedy:
          'Take it out, unless you also start this machine without Xen; then move it to GRUB_CMDLINE_LINUX_DEFAULT and set GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT without it.',
      });
  }
};
