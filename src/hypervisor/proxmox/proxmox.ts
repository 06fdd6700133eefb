import {judgeGroup} from '../../plan/device/judge-group.ts';
import {vfio} from '../../binding/vfio/vfio.ts';
import type {Hypervisor} from '../hypervisor.ts';
import {chooseIommu, choosePassthroughMode} from '../iommu-arguments.ts';
import {judgeGuestMemory} from '../judge-guest-memory.ts';
import {proxmoxAbilities} from './abilities.ts';
import {checkProxmoxHost} from './checks.ts';
import {renderProxmoxGuest} from './config/render-guest.ts';
import {chooseProxmoxGuest} from './guest/choose-guest.ts';
import {guestTasks} from './guest/guest-tasks.ts';
import {unusedKeys} from './guest/unused-keys.ts';
import {proxmoxGuests} from './guests.ts';
import {renderHookscript} from './hookscript/hookscript.ts';
import {judgeProxmoxHost} from './judge-host.ts';
import {guestPromises} from './promises.ts';
import {proxmoxOf} from './proxmox-facts.ts';
import {qmRegistry} from './registry.ts';

/** Proxmox VE: QEMU under KVM, started by Proxmox's own programs from `/etc/pve/qemu-server/VMID.conf`. */
export const proxmox: Hypervisor = {
  kind: 'proxmox',
  isHere: ({virtualisation}) => virtualisation.kind === 'proxmox',
  isScripted: false,
  can: proxmoxAbilities,
  binding: vfio,
  judgeTogether: judgeGroup,
  guests: proxmoxGuests,
  argumentParts: (context, chosen) => ({
    kernel: [chooseIommu(context, chosen), choosePassthroughMode(context)],
    hypervisor: null,
  }),
  planHandover: (context) => {
    if (context.profile.binding === 'handover')
      context.report('blocker', 'handover-impossible', {
        subject: 'binding',
        message: 'The card can’t be handed over: a hook of libvirt does that, and Proxmox VE has none.',
        remedy: 'Set binding: auto. The host then never has the card.',
      });
    return null;
  },
  planGuest: chooseProxmoxGuest,
  hostModules: () => [],
  judgeHost: (context, _pinning, memory) => {
    judgeProxmoxHost(context, memory);
    judgeGuestMemory(context, memory);
  },
  namedPaths: () => [],
  inPhase: () => null,
  logsOf: () => null,
  renderHost: renderHookscript,
  renderGuest: renderProxmoxGuest,
  renderAppliedGuest: renderProxmoxGuest,
  registry: qmRegistry,
  moreRegistries: [],
  // Nothing on the host has to stay while a guest runs.
  whyInUse: () => null,
  isGuestFile: (path) => path.startsWith('/etc/pve/qemu-server/') || path.startsWith('/etc/libvirt/qemu/'),
  world: (facts) => {
    const {version, qemuServerVersion, node, isQuorate} = proxmoxOf(facts);
    return {
      settings: {
        'Proxmox VE': version,
        'qemu-server': qemuServerVersion,
        'the name of this node': node,
        'the quorum': isQuorate === null ? null : isQuorate ? 'there' : 'lost',
      },
      things: {},
    };
  },
  describe: (facts) => {
    const {version, guests, isQuorate} = proxmoxOf(facts);
    const names = guests.map(({vmid, name}) => (name === null ? String(vmid) : `${vmid} (${name})`));
    return [
      'Proxmox VE',
      `${version ?? 'unknown'}${isQuorate === false ? ' without quorum' : ''}, guests: ${names.join(', ') || 'none'}`,
    ];
  },
  promises: guestPromises,
  startPromises: () => [],
  nameMeaning: 'The name or the VMID in Proxmox VE.',
  checks: checkProxmoxHost,
  tasks: guestTasks,
  unusedKeys,
};
