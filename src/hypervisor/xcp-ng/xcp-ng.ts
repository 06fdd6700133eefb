import type {Hypervisor} from '../hypervisor.ts';
import {judgeTogether} from '../xen/judge-together.ts';
import {xlRegistry} from '../xen/registry.ts';
import {xapiAbilities} from './abilities.ts';
import {xapiBinding} from './binding.ts';
import {checkXapiHost} from './checks.ts';
import {extraInterrupts} from './extra-interrupts.ts';
import {chooseVm} from './guest/choose-vm.ts';
import {renderVm} from './guest/render-vm.ts';
import {unusedKeys} from './guest/unused-keys.ts';
import {vmTasks} from './guest/vm-tasks.ts';
import {xapiGuests} from './guests.ts';
import {judgeXapiHost} from './judge-host.ts';
import {xapiPromises} from './promises.ts';
import {xapiOf} from './xapi-facts.ts';

/**
 * XCP-ng and XenServer, where XAPI keeps the VMs. Nothing is installed in dom0, and this program does not run there: it
 * plans from a capture, and writes the plan as a script.
 */
export const xcpNg: Hypervisor = {
  kind: 'xapi',
  isHere: ({virtualisation}) => virtualisation.kind === 'xen' && virtualisation.xapi !== null,
  isScripted: true,
  can: () => xapiAbilities,
  binding: xapiBinding,
  judgeTogether,
  guests: xapiGuests,
  // The installer has sized dom0, and xe changes that; only interrupts have no other place than Xen's command line.
  argumentParts: (context, chosen) => ({kernel: [], hypervisor: [extraInterrupts(context, chosen)]}),
  planHandover: () => null,
  planGuest: chooseVm,
  hostModules: () => [],
  judgeHost: judgeXapiHost,
  namedPaths: () => [],
  renderHost: () => ({artifacts: [], findings: []}),
  renderGuest: renderVm,
  renderAppliedGuest: renderVm,
  inPhase: () => null,
  logsOf: () => null,
  // XAPI takes settings of a running guest for its next start, so the script asks nothing about the guest.
  registry: {...xlRegistry, commands: null},
  moreRegistries: [],
  whyInUse: () => null,
  isGuestFile: () => false,
  world: (facts) => {
    const {version, xapi} = xapiOf(facts);
    return {
      settings: {Xen: version, [xapi.product]: xapi.version},
      things: {VM: (xapi.vms ?? []).map(({uuid}) => uuid)},
    };
  },
  describe: (facts) => {
    const {version, xapi} = xapiOf(facts);
    return [
      xapi.product,
      `${xapi.version ?? 'unknown'}, Xen ${version ?? 'unknown'}, VMs: ${xapi.vms?.map(({name}) => name).join(', ') ?? 'unknown'}`,
    ];
  },
  promises: xapiPromises,
  startPromises: () => [],
  nameMeaning: 'The name of the VM, or its UUID.',
  checks: checkXapiHost,
  tasks: vmTasks,
  unusedKeys,
};
