import type {HostFacts} from '../host/facts.ts';
import {kernelsOf, moduleState} from '../host/module-state.ts';
import {isAtLeast} from '../host/versions.ts';
import {isProvenByBoot, servedInitramfs, servedInitramfsSystems, servedLoader, servedLoaders} from '../served-systems.ts';
import {about} from './check.ts';
import type {Check} from './check.ts';

export const checkSecureBoot = ({boot}: HostFacts): Check => {
  const {ok, info} = about('secure-boot', 'Secure Boot and lockdown');
  const lockdown = boot.lockdown ?? 'not told';
  if (boot.secureBoot !== true && (boot.lockdown === null || boot.lockdown === 'none')) return ok(`Secure Boot is ${boot.secureBoot === false || boot.firmware === 'bios' ? 'off' : 'not told'}, lockdown is ${lockdown}.`);
  return info(`Secure Boot is ${boot.secureBoot === true ? 'on' : 'off'}, lockdown is ${lockdown}: vfio works; unsigned modules (vendor-reset, kvmfr), setpci hacks and MSR writes do not.`);
};

export const checkBootChain = ({boot}: HostFacts): Check => {
  const {ok, warning} = about('boot-chain', 'Boot chain');
  const initramfs = boot.initramfs ?? (boot.loader === 'nixos' ? 'its own initramfs' : 'an unknown initramfs system');
  if (boot.loader === null) {
    return warning(`Which boot loader started this machine is ${boot.loaderCandidates.length > 1 ? `ambiguous (${boot.loaderCandidates.join(' or ')})` : 'not clear'}: ${boot.loaderEvidence.join(' ') || 'no evidence was found.'}`, 'Nothing is written while this is open. Remove the configuration of the loader that is not used.');
  }
  const isServed = servedLoader(boot) !== null && servedInitramfs(boot, boot.initramfs) !== null;
  if (!isServed) return warning(`${boot.loader} with ${initramfs}: this version writes ${servedLoaders.join(', ')} with ${servedInitramfsSystems.join(', ')}.`, 'Use `vfio-pilot plan` to see the decisions, and set the kernel arguments by hand.');
  if (!isProvenByBoot(boot)) return warning(`${boot.loader} with ${initramfs}: written and taken back in tests on trees of files; no machine was started with it yet.`, 'Keep a rescue medium at hand for the first boot, and tell us how it went.');
  return ok(`${boot.loader} with ${initramfs}, ${boot.firmware ?? 'unknown firmware'}. ${boot.loaderEvidence[0] ?? ''}`.trim());
};

export const checkVfioModule = (facts: HostFacts): Check => {
  const {kernel} = facts;
  const {ok, info, warning, error} = about('vfio-pci', 'vfio-pci');
  const others = kernelsOf(facts).filter((one) => one.release !== kernel.release && moduleState(one, 'vfio_pci') === 'absent').map(({release}) => release);
  const isHere = kernel.builtin?.includes('vfio_pci') === true || kernel.modules?.includes('vfio_pci') === true;
  if (isHere && others.length > 0) return warning(`The running kernel has it; ${others.join(' and ')}, which is installed as well, does not.`, 'Remove that kernel if it is not needed: started with it, no device can go to a guest.');
  if (kernel.builtin?.includes('vfio_pci') === true) return ok('Built into the kernel.');
  if (kernel.modules === null) return info('The modules of the kernel are not known here (/lib/modules).');
  if (kernel.modules.includes('vfio_pci')) return ok('A module of this kernel.');
  return error(`Kernel ${kernel.release ?? ''} has no vfio-pci module.`, 'Install a kernel with CONFIG_VFIO_PCI; cloud and minimal kernels leave it out (Debian: linux-image-amd64 and not linux-image-cloud-amd64).');
};

export const checkLibvirt = ({libvirt, isLive}: HostFacts): Check => {
  const {ok, info, warning, error} = about('libvirt', 'libvirt and QEMU');
  if (libvirt.version === null && libvirt.qemuVersion === null) {
    const text = 'Neither libvirt nor QEMU was found.';
    return isLive ? error(text, 'Install libvirt-daemon-system, libvirt-clients, qemu-system-x86 and ovmf.') : info(text);
  }
  if (libvirt.version === null) return warning(`QEMU ${libvirt.qemuVersion} is there, libvirt was not found.`, 'Install libvirt-daemon-system and libvirt-clients.');
  if (!isAtLeast(libvirt.version, '6.0.0')) return warning(`libvirt ${libvirt.version} is old: no emulated Secure Boot by name, no topology with dies.`, 'Upgrade the distribution if you can.');
  return ok(`libvirt ${libvirt.version}, QEMU ${libvirt.qemuVersion ?? 'version not told'}, ${libvirt.domains.length} domains.`);
};

export const checkFirmwareImages = ({libvirt, isLive}: HostFacts): Check => {
  const {ok, warning, info} = about('ovmf', 'UEFI firmware for guests (OVMF)');
  if (libvirt.firmware.length === 0) return isLive ? warning('No OVMF image was found.', 'Install the package ovmf.') : info('No OVMF image was found.');
  const secure = libvirt.firmware.some((image) => image.hasSecureBoot && image.hasEnrolledKeys);
  return ok(`${libvirt.firmware.length} images${secure ? ', with Secure Boot and enrolled keys (Windows 11)' : ', none with Secure Boot and enrolled keys'}${libvirt.hasSwtpm ? '; swtpm gives guests a TPM' : '; swtpm (TPM for guests) is not installed'}.`);
};
