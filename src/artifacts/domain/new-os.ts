import type {FirmwareImage, HostFacts} from '../../host/facts.ts';
import {isAtLeast} from '../../host/versions.ts';
import type {GuestPlan, Plan} from '../../plan/plan.ts';
import {element} from './xml-fragment.ts';
import type {XmlFragment} from './xml-fragment.ts';

/**
 * libvirt chooses the firmware image from 5.2.0 on, and by its features from 7.2.0 on. Before, or when the version is
 * not known, the image is named.
 */
export const newOs = ({guest}: Plan, facts: HostFacts): XmlFragment => {
  const type = element('type', {arch: facts.cpu.architecture ?? 'x86_64', machine: guest.machine}, 'hvm');
  if (guest.firmware === 'bios') return element('os', {}, [type]);
  const {version} = facts.libvirt;
  const image = isAtLeast(version, '5.2.0') ? null : chooseImage(guest.firmware, facts.libvirt.firmware);
  if (image !== null) return element('os', {}, [type, ...namedImage(guest, image)]);
  return element('os', {firmware: 'efi'}, [type, ...wantedFeatures(guest.firmware, version)]);
};

const wantedFeatures = (firmware: GuestPlan['firmware'], version: string | null): readonly XmlFragment[] => {
  if (!isAtLeast(version, '7.2.0')) return firmware === 'uefi-secure' ? [element('loader', {secure: 'yes'})] : [];
  const isSecure = firmware === 'uefi-secure';
  const keys = isSecure ? [element('feature', {enabled: 'yes', name: 'enrolled-keys'})] : [];
  return [element('firmware', {}, [...keys, element('feature', {enabled: isSecure ? 'yes' : 'no', name: 'secure-boot'})])];
};

const chooseImage = (firmware: GuestPlan['firmware'], images: readonly FirmwareImage[]): FirmwareImage | null =>
  images.find((image) => (firmware === 'uefi-secure' ? image.hasSecureBoot && image.hasEnrolledKeys : !image.hasSecureBoot)) ??
  (firmware === 'uefi' ? images[0] : undefined) ??
  null;

const namedImage = (guest: GuestPlan, image: FirmwareImage): readonly XmlFragment[] => [
  element('loader', {readonly: 'yes', secure: guest.firmware === 'uefi-secure' ? 'yes' : null, type: 'pflash'}, image.code),
  element('nvram', {template: image.vars}, `/var/lib/libvirt/qemu/nvram/${guest.name}_VARS.fd`),
];
