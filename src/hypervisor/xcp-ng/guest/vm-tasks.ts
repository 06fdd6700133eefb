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
        why: 'Save what the first command prints as script.sh, copy it to the host, and run the others there as root. Don’t use the switch of Xen Orchestra instead: it reboots the host at once.',
        commands: [
          {text: 'export script PROFILE', needsRoot: false, isOwn: true},
          {text: 'sh script.sh check', needsRoot: false},
          {text: 'sh script.sh apply', needsRoot: false},
        ],
      },
      {
        id: 'reboot-host',
        title: 'Shut down the VMs, and reboot the host',
        why: 'The card is hidden early in its next boot. The script never reboots.',
        commands: [],
      },
    ],
    afterReboot: [
      {
        id: 'verify',
        title: 'Verify over ssh',
        why: 'It reads the host anew. A card is hidden only when its driver is pciback and xl lists it as free.',
        commands: [{text: 'vfio-pilot verify --profile PROFILE --host root@HOST', needsRoot: false}],
      },
      {
        id: 'first-start',
        title: 'Start the VM',
        why: '`xl dmesg` and /var/log/xensource.log say why it does not start; "Cannot_add" means that Xen has no IOMMU, or refused the device.',
        commands: [{text: `xe vm-start uuid=${guest.uuid ?? 'UUID'}`, needsRoot: false}],
      },
      ...connector(planned),
      ...cardDriver(planned),
    ],
  };
};
