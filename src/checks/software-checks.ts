import {addByHand} from '../boot/boot-chain.ts';
import {bootChains, chainOf} from '../boot/chains.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {refusesUnsigned} from '../facts/module-trust.ts';
import {about, type Check} from '../findings/check.ts';
import {imageSystems} from '../image/systems.ts';

export const checkSecureBoot = (facts: HostFacts): Check => {
  const {boot} = facts;
  const {ok, info} = about('secure-boot', 'Secure Boot and lockdown');
  const lockdown = boot.lockdown ?? 'unknown';
  if (boot.secureBoot !== true && (boot.lockdown === null || boot.lockdown === 'none'))
    return ok(
      `Secure Boot is ${boot.secureBoot === false || boot.firmware === 'bios' ? 'off' : 'unknown'}, lockdown is ${lockdown}.`,
    );
  if (!refusesUnsigned(facts))
    return info(
      `Secure Boot is on, lockdown is ${lockdown}: vfio works, and this kernel loads modules that are not signed${facts.signing.shim.isValidationOff ? ', as shim was told to check nothing' : ''}.`,
    );
  return info(
    `Secure Boot is ${boot.secureBoot === true ? 'on' : 'off'}, lockdown is ${lockdown}: vfio works; unsigned modules (vendor-reset, kvmfr), setpci hacks and MSR writes do not.`,
  );
};

export const checkBootChain = (facts: HostFacts): Check => {
  const {boot} = facts;
  const {ok, warning} = about('boot-chain', 'Boot chain');
  const initramfs =
    boot.initramfs ?? (boot.support.isDeclarative ? 'its own initramfs' : 'an unknown initramfs system');
  if (boot.loader === null && boot.loaderCandidates.length === 0)
    return warning(
      `Which boot loader started this machine is unknown: ${boot.loaderEvidence.join(' ') || 'no evidence was found.'}`,
      facts.isLive
        ? `Nothing is written while this is open. ${facts.isPrivileged ? 'Mount /boot and the EFI partition, then run it again.' : 'Run it again as root, with /boot and the EFI partition mounted.'}`
        : 'Nothing is written while this is open. Run this on the machine itself as root, or capture /proc/cmdline, /etc/default and /boot as well.',
    );
  if (boot.loader === null)
    return warning(
      `Which boot loader started this machine is ambiguous (${boot.loaderCandidates.join(' or ')}): ${boot.loaderEvidence.join(' ')}`,
      'Nothing is written while this is open. Remove the configuration of the loader that is not used.',
    );
  if (!boot.support.isWritten)
    return warning(
      `${boot.loader} with ${initramfs}: this version writes ${bootChains.flatMap(({name, writer}) => (writer === null ? [] : [name])).join(', ')} with ${imageSystems.map(({name}) => name).join(', ')}.`,
      `${(chainOf(boot)?.byHand ?? addByHand)(facts)}: the kernel arguments that \`vfio-pilot plan PROFILE\` shows.`,
    );
  if (!boot.support.isProven)
    return warning(
      `${boot.loader} with ${initramfs}: written and taken back in tests on trees of files; no machine was started with it yet.`,
      'Keep a rescue medium at hand for the first boot, and tell us how it went.',
    );
  return ok(
    `${boot.loader} with ${initramfs}, ${boot.firmware ?? 'unknown firmware'}. ${boot.loaderEvidence[0] ?? ''}`.trim(),
  );
};
