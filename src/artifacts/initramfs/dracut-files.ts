import type {PciFunction} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {modprobePath, renderModprobe} from '../modprobe.ts';
import {ownHeader} from '../own-file.ts';
import {renderClaims} from './claim-devices.ts';

export const dracutConfPath = '/etc/dracut.conf.d/90-vfio-pilot.conf';
const moduleDirectory = '/usr/lib/dracut/modules.d/90vfio-pilot';
export const dracutSetupPath = `${moduleDirectory}/module-setup.sh`;
export const dracutHookPath = `${moduleDirectory}/vfio-pilot.sh`;

/**
 * Text of our file in dracut.conf.d; empty when the plan has nothing for the image. The blanks inside the quotes keep
 * the words apart from those of other files (dracut.conf(5)).
 *
 * By address the hook loads the driver: `force_drivers` would do so before the hook, and vfio-pci would find nothing.
 */
export const renderDracutConf = (plan: Plan): string => {
  const {byAddress, initramfsModules} = plan.binding;
  const hasModprobe = renderModprobe(plan) !== '';
  const lines = [
    ...(initramfsModules.length === 0 ? [] : [`${byAddress.length > 0 ? 'add_drivers' : 'force_drivers'}+=" ${initramfsModules.join(' ')} "`]),
    ...(byAddress.length === 0 ? [] : ['add_dracutmodules+=" vfio-pilot "']),
    ...(hasModprobe ? [`install_items+=" ${modprobePath} "`] : []),
  ];
  return lines.length === 0 ? '' : `${ownHeader('#', plan.profile)}${lines.join('\n')}\n`;
};

/** A module of ours, so that dracut itself finds the directory for hooks, which is not the same in all versions. */
export const renderDracutSetup = (plan: Plan): string => `#!/bin/bash
${ownHeader('#', plan.profile)}
# 255: only when add_dracutmodules asks for it.
check() {
	return 255
}

depends() {
	return 0
}

install() {
	inst_hook pre-udev 00 "$moddir/vfio-pilot.sh"
}
`;

/** dracut reads its hooks into its own shell: neither variables nor an exit may leave this one. */
export const renderDracutHook = (plan: Plan, pci: readonly PciFunction[]): string => `#!/bin/sh
${ownHeader('#', plan.profile)}(
${renderClaims(plan, pci)})
`;
