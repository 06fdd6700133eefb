import type {HostFacts} from '../../../facts/host-facts.ts';
import type {Plan} from '../../../plan/plan.ts';
import type {GuestTasks} from '../../../plan/task.ts';
import {cardDriver, connector} from '../../card-tasks.ts';
import {xapiPlanOf} from '../xapi-facts.ts';

/** What no program can do for a person: to look, to start, cables, drivers. */
export const vmTasks = (_facts: HostFacts, planned: Plan): GuestTasks => {
  const {guest} = xapiPlanOf(planned);
  return {
    beforeReboot: [
      {
        id: 'run-script',
        title: 'Run the plan as a script in dom0',
        why: 'This program does not run there. Copy the script, look with `check`, then `apply`, then reboot the host yourself. Never use the switch of Xen Orchestra for it: it reboots the host at once.',
        commands: [{text: 'export script PROFILE --root CAPTURE > script.sh', needsRoot: false, isOwn: true}],
      },
    ],
    afterReboot: [
      {
        id: 'verify',
        title: 'Capture the host again, and verify',
        why: 'The card is hidden only when its driver is pciback and xl lists it as free.',
        commands: [
          {text: 'capture --host root@HOST after.tar.gz', needsRoot: false, isOwn: true},
          {text: 'verify --profile PROFILE --root AFTER', needsRoot: false, isOwn: true},
        ],
      },
      {
        id: 'first-start',
        title: 'Start the VM',
        why: '`xl dmesg` and /var/log/xensource.log say why it does not start; "Cannot_add" means that Xen has no IOMMU, or refused the device.',
        commands: [{text: `xe vm-start uuid=${guest.uuid ?? 'UUID'}`, needsRoot: true}],
      },
      ...connector(planned),
      ...cardDriver(planned),
    ],
  };
};
