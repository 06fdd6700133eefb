import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeShare} from '../../plan/device/describe-share.ts';
import type {ProfileVirtualFunction} from './virtual-function-format.ts';

type Own = {
  readonly wanted: ProfileVirtualFunction;
  readonly name: string;
  readonly parent: PciFunction;
  readonly present: PciFunction | null;
  readonly path: string;
};

/**
 * What the driver of a GPU lets the guest have of it. It is read and shown: xe shares the GPU out by itself when it makes
 * virtual functions, and forgets what was set by hand with them.
 */
export const judgeShare = ({report}: PlanContext, {name, parent, path, wanted, present}: Own): void => {
  const {index} = wanted.function;
  const share = parent.sriov?.shares?.virtual[index];
  const text = present === null || share === undefined ? null : describeShare(share);
  if (text === null) return;
  report('note', 'vf-share', {
    subject: name,
    path,
    message: `${parent.driver ?? 'Its driver'} gives ${name} ${text}. vfio-pilot does not change that.`,
    remedy: `To change it, write to the files in /sys/bus/pci/devices/${parent.address}/sriov_admin/vf${index + 1}/profile, at each boot before the guest starts.`,
  });
};
