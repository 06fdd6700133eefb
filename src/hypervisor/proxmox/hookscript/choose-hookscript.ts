import type {PlanContext} from '../../../plan/context.ts';
import type {PinningPlan, ProxmoxGuestPlan} from '../../../plan/plan.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import {proxmoxOf} from '../proxmox-facts.ts';
import {hookscriptName} from './hookscript.ts';

/** Where the script goes that pins each vCPU, if the profile asks for it. `present`: the one that the guest has. */
export const chooseHookscript = (
  context: PlanContext,
  {vmid, present, pinning}: {readonly vmid: number; readonly present: string | null; readonly pinning: PinningPlan},
): ProxmoxGuestPlan['hookscript'] => {
  if (!context.profile.guest.hookscript || pinning.vcpus.length === 0) return null;
  const name = hookscriptName(vmid);
  if (present !== null && !isOwn(present, vmid)) {
    context.report('blocker', 'guest-option-unsupported', {
      subject: 'guest.hookscript',
      message: `Guest ${vmid} has the hookscript ${present}, and Proxmox VE runs one for each guest.`,
      remedy: `Set guest.hookscript: false, or take the other one out: qm set ${vmid} --delete hookscript.`,
    });
    return null;
  }
  const {storages} = proxmoxOf(context.facts);
  for (const storage of storages)
    if (storage.snippets !== null) {
      context.decide(
        'guest.hookscript',
        `${storage.name}:snippets/${name} pins vCPU ${pinning.vcpus.map(({vcpu, cpus}) => `${vcpu} to ${cpus.join(', ')}`).join('; ')}`,
        'you asked for it: Proxmox VE starts the guest on the cores of its affinity, and runs this script after that; neighbouring vCPUs are on the threads of one core, which the guest sees as two cores',
      );
      return {volume: `${storage.name}:snippets/${name}`, path: `${storage.snippets}/${name}`};
    }
  const local = storages.find(({type}) => type === 'dir') ?? null;
  context.report('blocker', 'proxmox-snippets-missing', {
    subject: 'guest.hookscript',
    message:
      'Proxmox VE runs a hookscript from a storage with the content Snippets, and no directory of this node has it.',
    remedy:
      local === null
        ? 'Add one in the web interface: Datacenter, Storage, Add, Directory, with the content Snippets; or set guest.hookscript: false.'
        : `pvesm set ${quoteForShell(local.name)} --content ${[...local.content, 'snippets'].join(',')}, or set guest.hookscript: false.`,
  });
  return null;
};

/** Whether a guest's `hookscript` is the script of an earlier run. */
export const isOwn = (volume: string, vmid: number): boolean => volume.endsWith(`:snippets/${hookscriptName(vmid)}`);
