import {libvirtOf} from '../../facts/virtualisation.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {isAtLeast} from '../../facts/versions.ts';
import {checkKvm} from '../check-kvm.ts';
import {about, type Check} from '../../findings/check.ts';
import {count} from '../../words/count.ts';
import {checkOtherBoot} from './judge-other-boot.ts';
import {installRemedy} from '../../facts/packages.ts';

export const checkKvmHost = (facts: HostFacts): readonly Check[] => [
  checkKvm(facts),
  checkLibvirt(facts),
  checkFirmwareImages(facts),
  ...checkOtherBoot(facts),
];

export const checkLibvirt = (facts: HostFacts): Check => {
  const libvirt = libvirtOf(facts);
  const {isLive} = facts;
  const {ok, info, warning, error} = about('libvirt', 'libvirt and QEMU');
  if (libvirt.version === null && libvirt.qemuVersion === null) {
    const text = 'Neither libvirt nor QEMU was found.';
    return isLive ? error(text, `${installRemedy(facts.packageManager, ['libvirt', 'qemu', 'ovmf'])}.`) : info(text);
  }
  if (libvirt.version === null)
    return warning(
      `QEMU ${libvirt.qemuVersion} is there, libvirt was not found.`,
      `${installRemedy(facts.packageManager, ['libvirt'])}.`,
    );
  if (!isAtLeast(libvirt.version, '6.0.0'))
    return warning(
      `libvirt ${libvirt.version} is old: no emulated Secure Boot by name, no topology with dies.`,
      'Upgrade the distribution if you can.',
    );
  return ok(
    `libvirt ${libvirt.version}, QEMU ${libvirt.qemuVersion ?? 'version unknown'}, ${count(libvirt.domains.length, 'domain')}.`,
  );
};

export const checkFirmwareImages = (facts: HostFacts): Check => {
  const libvirt = libvirtOf(facts);
  const {isLive} = facts;
  const {ok, warning, info} = about('ovmf', 'UEFI firmware for guests (OVMF)');
  if (libvirt.firmware.length === 0)
    return isLive
      ? warning('No OVMF image was found.', `${installRemedy(facts.packageManager, ['ovmf'])}.`)
      : info('No OVMF image was found.');
  const secure = libvirt.firmware.some((image) => image.hasSecureBoot && image.hasEnrolledKeys);
  return ok(
    `${count(libvirt.firmware.length, 'image')}${secure ? ', with Secure Boot and enrolled keys (Windows 11)' : ', none with Secure Boot and enrolled keys'}${libvirt.hasSwtpm ? '; swtpm gives guests a TPM' : '; swtpm (TPM for guests) is not installed'}.`,
  );
};
