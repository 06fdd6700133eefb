import type {PciFunction} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {modprobePath, renderModprobe} from '../modprobe.ts';
import {ownHeader} from '../own-file.ts';
import {renderClaims} from './claim-devices.ts';

export const mkinitcpioDropInDirectory = '/etc/mkinitcpio.conf.d';
export const mkinitcpioConfPath = `${mkinitcpioDropInDirectory}/zz-vfio-pilot.conf`;
export const mkinitcpioInstallPath = '/etc/initcpio/install/vfio-pilot';
export const mkinitcpioHookPath = '/etc/initcpio/hooks/vfio-pilot';
export const mkinitcpioUnitPath = '/etc/initcpio/vfio-pilot.service';

/** Text of our file in mkinitcpio.conf.d, which is read after mkinitcpio.conf; empty when the plan has nothing for it. */
export const renderMkinitcpioConf = (plan: Plan): string => {
  const {byAddress, initramfsModules} = plan.binding;
  if (byAddress.length > 0) return `${ownHeader('#', plan.profile)}HOOKS+=(vfio-pilot)\n`;
  const lines = [
    ...(initramfsModules.length === 0 ? [] : [`MODULES+=(${initramfsModules.join(' ')})`]),
    ...(renderModprobe(plan) === '' ? [] : [`FILES+=(${modprobePath})`]),
  ];
  return lines.length === 0 ? '' : `${ownHeader('#', plan.profile)}${lines.join('\n')}\n`;
};

/**
 * What goes into the image. The modules are added and not listed in MODULES: systemd would load those while udev is
 * at work already. An image with systemd knows no runtime hooks, so there a unit runs the same function.
 */
export const renderMkinitcpioInstall = (plan: Plan): string => `#!/bin/bash
${ownHeader('#', plan.profile)}
build() {
${plan.binding.initramfsModules.map((module) => `	add_module ${module}\n`).join('')}	add_runscript
${renderModprobe(plan) === '' ? '' : `	add_file ${modprobePath}\n`}	if [[ -e $BUILDROOT/usr/lib/systemd/system/initrd.target ]]; then
		add_file ${mkinitcpioUnitPath} /usr/lib/systemd/system/vfio-pilot.service 644
		add_symlink /usr/lib/systemd/system/sysinit.target.wants/vfio-pilot.service ../vfio-pilot.service
	fi
}

help() {
	echo 'Gives devices to vfio-pci by their address, before udev loads drivers.'
}
`;

/** Early hooks run before MODULES are loaded and before udev looks for devices (mkinitcpio: init). */
export const renderMkinitcpioHook = (plan: Plan, pci: readonly PciFunction[]): string => `#!/usr/bin/ash
${ownHeader('#', plan.profile)}
run_earlyhook() (
${renderClaims(plan, pci)})
`;

export const renderMkinitcpioUnit = (plan: Plan): string => `${ownHeader('#', plan.profile)}[Unit]
Description=Give devices to vfio-pci by their address
DefaultDependencies=no
Before=systemd-udev-trigger.service systemd-modules-load.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c '. /hooks/vfio-pilot && run_earlyhook'
`;
