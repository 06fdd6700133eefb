import {acsOverrideOf} from '../../groups/acs-override.ts';
import type {PlanContext} from '../context.ts';

/** A kernel without the patch says in its log that it does not know the argument; its groups are the real ones. */
export const judgeAcsOverride = (context: PlanContext): void => {
  const {boot, kernel} = context.facts;
  const argument = acsOverrideOf(boot.commandLine);
  if (argument === null || kernel.log?.unknownArguments.includes(argument) === true) return;
  context.report('warning', 'iommu-groups-overridden', {
    subject: 'devices',
    message: `The kernel was started with ${argument}, so its IOMMU groups may be smaller than what the hardware keeps apart. The card of a guest could then read and write other devices without the IOMMU.`,
    remedy:
      'Take the argument out where the boot loader is configured, restart, and look at the real groups with `vfio-pilot groups`. Keep it only for a guest that you trust.',
  });
};
