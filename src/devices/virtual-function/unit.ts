import type {Rendered} from '../../artifacts/rendered.ts';
import {type FileTable, keeps} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {Plan} from '../../plan/plan.ts';
import {type BootUnit, bootUnit, renderBootUnit, scriptDirectory} from '../boot-unit.ts';
import functions from './make-virtual-functions.sh';

/** The unit itself is among the files that are read anyway. */
export const unitFiles: FileTable = [keeps(scriptDirectory, 'virtual-functions-*')];

export const unitPaths = (guest: string): BootUnit => bootUnit(guest, {unit: 'vfs', script: 'virtual-functions'});

type Parent = {
  readonly address: PciAddress;
  readonly count: number;
  readonly probesDrivers: boolean;
  readonly isNetwork: boolean;
  /** A network of libvirt looks for them when it is started. */
  readonly isPooled: boolean;
};

type Part = Omit<Parent, 'address'> & {readonly of: PciAddress};

const parentsOf = ({devices}: Plan): readonly Parent[] => {
  const parts = devices.flatMap(({assigned}): readonly Part[] => {
    if (assigned.type === 'pooled-function')
      return [{...assigned, probesDrivers: true, isNetwork: true, isPooled: true}];
    return assigned.type === 'virtual-function' && assigned.vgpu === null
      ? [{...assigned, isNetwork: assigned.network !== null, isPooled: false}]
      : [];
  });
  return [...new Set(parts.map(({of}) => of))].map((address) =>
    parentOf(
      address,
      parts.filter(({of}) => of === address),
    ),
  );
};

const parentOf = (address: PciAddress, parts: readonly Part[]): Parent => ({
  address,
  count: Math.max(...parts.map(({count}) => count)),
  probesDrivers: parts.some(({probesDrivers}) => probesDrivers),
  isNetwork: parts.some((part) => part.isNetwork),
  isPooled: parts.some((part) => part.isPooled),
});

/** A unit that makes the virtual functions at each boot before a guest can start, and the script that it runs. */
export const renderUnit = (facts: HostFacts, plan: Plan): Rendered => {
  const parents = parentsOf(plan);
  const unit = unitPaths(plan.guest.name);
  if (parents.length === 0) return renderBootUnit(facts, plan, unit, null);
  // A network card has its virtual functions before anything configures the network, which on some systems is before
  // basic.target: so without the default order there.
  const isNetwork = parents.some((parent) => parent.isNetwork);
  return renderBootUnit(facts, plan, unit, {
    whyScript: 'Waits for the driver of the card, makes the virtual functions and counts them.',
    whyUnit: 'Virtual functions are gone after each boot.',
    script: {
      remark:
        'Several guests may have such a script for one card: each asks for its own number at least, and one runs at a time.',
      variables: ['patience=120', 'second=1'],
      functions,
      lock: 'virtual-functions',
      calls: parents.map(
        ({address, count, probesDrivers}) =>
          `make ${address} ${Math.trunc(count)} ${probesDrivers ? 'keep' : 'off'} || failed=1`,
      ),
    },
    unit: {
      description: `Virtual functions of ${parents.map(({address}) => address).join(', ')} for the guest ${plan.guest.name}`,
      ...(isNetwork
        ? {
            lines: ['DefaultDependencies=no', 'Conflicts=shutdown.target', 'Wants=network-pre.target'],
            before: [
              'network-pre.target',
              'shutdown.target',
              ...(parents.some(({isPooled}) => isPooled) ? ['virtnetworkd.service'] : []),
            ],
          }
        : {}),
    },
  });
};
