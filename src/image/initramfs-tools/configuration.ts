import {ownHeader, oneLine} from '../../artifacts/rendered.ts';
import {earlyBinding} from '../../binding/early-binding.ts';
import type {PciFunction} from '../../facts/pci.ts';
import {hasDamagedBlock, withOwnBlock, withoutOwnBlock} from '../../formats/own-block.ts';
import type {Plan} from '../../plan/plan.ts';

export const initramfsModulesPath = '/etc/initramfs-tools/modules';

/**
 * The image's ORDER comes from tsort, which puts independent scripts in the order of their names; `udev` loads the
 * drivers of all cards, so this name must sort before it (initramfs-tools: hook-functions, cache_run_scripts).
 */
export const bootScriptPath = '/etc/initramfs-tools/scripts/init-top/00-vfio-pilot';

/**
 * Text of `/etc/initramfs-tools/modules` with our lines between two marks; `null` when the marks are damaged.
 * A module that the file lists already stays where it is and is not listed twice.
 */
export const editInitramfsModules = (text: string, modules: readonly string[], profile: string): string | null => {
  if (hasDamagedBlock(text)) return null;
  const foreign = withoutOwnBlock(text);
  const missing = modules.filter((module) => !listsModule(foreign, module));
  return missing.length === 0 ? foreign : withOwnBlock(text, `${missing.join('\n')}\n`, oneLine(profile));
};

/** First word of a line is the module, the rest are its arguments. */
const listsModule = (text: string, module: string): boolean =>
  text.split('\n').some((line) => line.trim().split(/\s+/)[0]?.replaceAll('-', '_') === module.replaceAll('-', '_'));

/** Boot script that gives each chosen address to vfio-pci before udev loads any driver. */
export const renderBootScript = (plan: Plan, pci: readonly PciFunction[]): string => `#!/bin/sh
${ownHeader('#', plan.profile)}# The name sorts before "udev", which loads the drivers of all devices.
PREREQ=""
case "$1" in
prereqs)
	echo "$PREREQ"
	exit 0
	;;
esac

${earlyBinding(plan).claims(pci)}exit 0
`;
