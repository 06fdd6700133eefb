import type {Rendered} from '../../artifacts/rendered.ts';
import {type FileTable, keeps} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {AssignedVirtualFunction, Plan} from '../../plan/plan.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {afterNvidia, type BootUnit, bootUnit, renderBootUnit, scriptDirectory} from '../boot-unit.ts';
import functions from './set-vgpu-types.sh';

export const vgpuFiles: FileTable = [keeps(scriptDirectory, 'vgpu-*')];

/** A unit of its own: it comes after NVIDIA's services, and that of other cards before the network. */
export const vgpuUnitPaths = (guest: string): BootUnit => bootUnit(guest, {unit: 'vgpu', script: 'vgpu'});

type Vgpu = AssignedVirtualFunction & {readonly vgpu: NonNullable<AssignedVirtualFunction['vgpu']>};

const vgpusOf = ({devices}: Plan): readonly Vgpu[] =>
  devices.flatMap(({assigned}) =>
    assigned.type === 'virtual-function' && assigned.vgpu !== null ? [{...assigned, vgpu: assigned.vgpu}] : [],
  );

/** A unit that has NVIDIA's program make the virtual functions at each boot, and gives ours their types. */
export const renderVgpuUnit = (facts: HostFacts, plan: Plan): Rendered => {
  const vgpus = vgpusOf(plan);
  const unit = vgpuUnitPaths(plan.guest.name);
  if (vgpus.length === 0) return renderBootUnit(facts, plan, unit, null);
  const gpus = [...new Set(vgpus.map(({of}) => of))];
  return renderBootUnit(facts, plan, unit, {
    whyScript: 'Makes the virtual functions, and sets the vGPU types.',
    whyUnit: 'Both are gone after each boot.',
    script: {
      remark: 'Several guests may have such a script for one GPU: each sets its own types, and one runs at a time.',
      variables: [
        'sriov_manage=/usr/lib/nvidia/sriov-manage',
        'nvidia_smi=nvidia-smi',
        'patience=120',
        'second=1',
        'waited=0',
      ],
      functions,
      lock: 'vgpu',
      calls: [
        ...gpus.map((of) => {
          const isMixed = vgpus.some((one) => one.of === of && one.vgpu.mixedSizes);
          return `make_all ${of} ${isMixed ? 'mixed' : 'equal'} || failed=1`;
        }),
        ...vgpus.map(
          ({of, index, vgpu}) => `set_type ${of} ${Math.trunc(index)} ${quoteForShell(vgpu.name)} || failed=1`,
        ),
      ],
    },
    unit: {description: `vGPUs of ${gpus.join(', ')} for the guest ${plan.guest.name}`, after: afterNvidia},
  });
};
