import {pciback} from '../../binding/pciback/pciback.ts';
import type {Hypervisor} from '../hypervisor.ts';
import {xenAbilities} from './abilities.ts';
import {checkXenHost} from './checks.ts';
import {renderXenGuest} from './config/render-guest.ts';
import {dom0Arguments} from './dom0-arguments.ts';
import {chooseXenGuest} from './guest/choose-guest.ts';
import {guestTasks} from './guest/guest-tasks.ts';
import {unusedKeys} from './guest/unused-keys.ts';
import {xenGuests} from './guests.ts';
import {judgeXenHost} from './judge-host.ts';
import {judgeTogether} from './judge-together.ts';
import {isPoolFile, renderPool} from './pool/render-pool.ts';
import {xenPromises} from './promises.ts';
import {xlRegistry} from './registry.ts';
import {xenOf, xenPlanOf} from './xen-facts.ts';

/** Plain Xen: guests that xl starts in dom0 from `/etc/xen/NAME.cfg`. */
export const xl: Hypervisor = {
  kind: 'xen',
  isHere: ({virtualisation}) => virtualisation.kind === 'xen' && virtualisation.xapi === null,
  isScripted: false,
  can: () => xenAbilities,
  binding: pciback,
  judgeTogether,
  guests: xenGuests,
  argumentParts: (context, _chosen, placement) => ({kernel: [], hypervisor: dom0Arguments(context, placement)}),
  // The binding has said that it is impossible.
  planHandover: () => null,
  planGuest: chooseXenGuest,
  hostModules: () => [],
  judgeHost: judgeXenHost,
  namedPaths: () => [],
  renderHost: (facts, plan) => renderPool(facts, xenPlanOf(plan)),
  renderGuest: renderXenGuest,
  renderAppliedGuest: renderXenGuest,
  inPhase: () => null,
  logsOf: () => null,
  registry: xlRegistry,
  moreRegistries: [],
  whyInUse: () => null,
  isGuestFile: (path) => (path.startsWith('/etc/xen/') && !isPoolFile(path)) || path.startsWith('/etc/libvirt/'),
  world: (facts) => {
    const {version, role, guestType, bridges} = xenOf(facts);
    return {
      settings: {Xen: version, 'the domain of this system': role, 'its type': guestType},
      things: {bridge: bridges},
    };
  },
  describe: (facts) => {
    const {version, role, guests} = xenOf(facts);
    return [
      'Xen',
      `${version ?? 'unknown'}, ${role ?? 'domain unknown'}, guests: ${guests.map(({name}) => name).join(', ') || 'none'}`,
    ];
  },
  promises: xenPromises,
  startPromises: () => [],
  nameMeaning: 'The name in xl and of the file in /etc/xen.',
  checks: checkXenHost,
  tasks: guestTasks,
  unusedKeys,
};
