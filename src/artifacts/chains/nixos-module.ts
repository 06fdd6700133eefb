import type {PciFunction} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {renderUdevRules} from '../initramfs/udev-rules.ts';
import {renderModprobe} from '../modprobe.ts';
import {ownHeader} from '../own-file.ts';
import {hugepagesMountUnit} from '../systemd-hugepages-mount.ts';
import {hugepagesUnitName, renderHugepagesUnit} from '../systemd-hugepages.ts';

/**
 * Text of the module; empty when the plan has nothing for it. Both kinds of stage 1 take udev rules; the one with
 * systemd refuses `preDeviceCommands` (nixpkgs: stage-1.nix, initrd-systemd-udev.nix). The rules stand in the second
 * stage as well, where vfio-pci is loaded if the first has it not.
 */
export const renderNixosModule = (plan: Plan, pci: readonly PciFunction[]): string => {
  const {initramfsModules} = plan.binding;
  const rules = withoutHeader(renderUdevRules(plan, pci));
  const release = renderHugepagesUnit(plan);
  const mount = hugepagesMountUnit(plan);
  const settings = [
    setting('boot.kernelParams', list(plan.kernelArguments.add.map((argument) => argument.text))),
    // First: amdgpu may stand in the same list.
    setting('boot.initrd.kernelModules', initramfsModules.length === 0 ? '' : `lib.mkBefore ${list(initramfsModules)}`),
    setting('boot.extraModprobeConfig', lines(withoutHeader(renderModprobe(plan)))),
    setting('boot.initrd.services.udev.rules', lines(rules)),
    setting('services.udev.extraRules', lines(rules)),
    ...(release === null ? [] : [unit(hugepagesUnitName, release)]),
    ...(mount === null ? [] : [unit(mount.name, mount.text)]),
  ].filter((line) => line !== '');
  return settings.length === 0 ? '' : `${ownHeader('#', plan.profile)}{ lib, ... }:\n{\n${settings.join('')}}\n`;
};

const setting = (name: string, value: string): string => (value === '' ? '' : `  ${name} = ${value};\n`);

const unit = (name: string, text: string): string => setting(`systemd.units.${quote(name)}`, `{\n    wantedBy = [ "sysinit.target" ];\n    text = ${lines(withoutHeader(text))};\n  }`);

const list = (words: readonly string[]): string => (words.length === 0 ? '' : `[ ${words.map(quote).join(' ')} ]`);

/** nix: a double-quoted string ends at `"` and takes `${` for an expression. */
const quote = (text: string): string => `"${text.replaceAll(/[\\"]/g, '\\$&').replaceAll('${', '\\${')}"`;

/** An indented string, from which Nix takes the blanks that all lines begin with; `''` and `${` are escaped with `''`. */
const lines = (text: string): string =>
  text === '' ? '' : `''\n${text.replaceAll("''", "'''").replaceAll('${', "''${").replaceAll(/^(?=.)/gm, '    ')}  ''`;

const withoutHeader = (text: string): string => text.replace(/^#.*\n/, '');
