import {joinRendered, ownHeader, type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import {earlyBinding} from '../../binding/early-binding.ts';
import {modprobePath} from '../../binding/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {Plan} from '../../plan/plan.ts';
import {listWords} from '../../words/list-words.ts';
import {mkinitcpioConfPath} from './settings.ts';

const mkinitcpioInstallPath = '/etc/initcpio/install/vfio-pilot';
const mkinitcpioHookPath = '/etc/initcpio/hooks/vfio-pilot';
const mkinitcpioUnitPath = '/etc/initcpio/vfio-pilot.service';

/** Text of our file in mkinitcpio.conf.d, which is read after mkinitcpio.conf; empty when the plan has nothing for it. */
export const renderMkinitcpioConf = (plan: Plan): string => {
  const {byAddress, initramfsModules} = plan.binding;
  if (byAddress.length > 0) return `${ownHeader('#', plan.profile)}HOOKS+=(vfio-pilot)\n`;
  const lines = [
    ...(initramfsModules.length === 0 ? [] : [`MODULES+=(${initramfsModules.join(' ')})`]),
    ...(earlyBinding(plan).moduleOptions() === '' ? [] : [`FILES+=(${modprobePath})`]),
  ];
  return lines.length === 0 ? '' : `${ownHeader('#', plan.profile)}${lines.join('\n')}\n`;
};

/**
 * What goes into the image. The modules are added and not listed in MODULES: systemd would load those while udev is
 * at work already. An image with systemd knows no runtime hooks, so there a unit runs the same function.
 */
const renderMkinitcpioInstall = (plan: Plan): string => `#!/bin/bash
${ownHeader('#', plan.profile)}
build() {
${plan.binding.initramfsModules.map((module) => `	add_module ${module}\n`).join('')}	add_runscript
${earlyBinding(plan).moduleOptions() === '' ? '' : `	add_file ${modprobePath}\n`}	if [[ -e $BUILDROOT/usr/lib/systemd/system/initrd.target ]]; then
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
${earlyBinding(plan).claims(pci)})
`;

export const renderMkinitcpioUnit = (plan: Plan): string => `${ownHeader('#', plan.profile)}[Unit]
Description=Give devices to vfio-pci by their address
DefaultDependencies=no
Before=systemd-udev-trigger.service systemd-modules-load.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c '. /hooks/vfio-pilot && run_earlyhook'
`;

export const triggers = [
  modprobePath,
  mkinitcpioConfPath,
  mkinitcpioInstallPath,
  mkinitcpioHookPath,
  mkinitcpioUnitPath,
];

export const renderFiles = (facts: HostFacts, plan: Plan): Rendered => {
  const {byAddress} = plan.binding;
  const onlyByAddress = (text: string): string => (byAddress.length === 0 ? '' : text);
  return joinRendered([
    renderOwned(facts, mkinitcpioConfPath, renderMkinitcpioConf(plan), 0o644, 'What mkinitcpio puts into every image.'),
    renderOwned(
      facts,
      mkinitcpioInstallPath,
      onlyByAddress(renderMkinitcpioInstall(plan)),
      0o644,
      'Tells mkinitcpio what the hook needs.',
    ),
    renderOwned(
      facts,
      mkinitcpioHookPath,
      byAddress.length === 0 ? '' : renderMkinitcpioHook(plan, facts.pci),
      0o644,
      `Gives ${listWords(byAddress)} to ${earlyBinding(plan).keeper} before udev looks for devices.`,
    ),
    renderOwned(
      facts,
      mkinitcpioUnitPath,
      onlyByAddress(renderMkinitcpioUnit(plan)),
      0o644,
      'Runs the hook in images that systemd starts.',
    ),
  ]);
};
