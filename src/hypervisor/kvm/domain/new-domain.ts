import type {HostFacts} from '../../../facts/host-facts.ts';
import {isMousePath} from '../../../facts/inputs.ts';
import {type FirmwareImage, libvirtOf} from '../../../facts/virtualisation.ts';
import {isAtLeast} from '../../../facts/versions.ts';
import {element, IllegalCharacterError, renderFragment, type XmlFragment} from '../../../formats/xml/edit.ts';
import type {KvmGuestPlan, Plan} from '../../../plan/plan.ts';
import {type KvmPlan, kvmPlanOf} from '../kvm-plan.ts';
import {fragmentOf} from '../../../formats/xml/reconcile.ts';
import {mediumWish, screenWish, videoWish} from './screen-and-media.ts';
import {type DomainText, editDomain, illegalCharacter} from './edit-domain.ts';

/**
 * What an installation needs; assigned devices come with the edit. The plain VGA and its local VNC screen show the
 * installer; they can go once the assigned card's driver works.
 */
const newDevices = (plan: KvmPlan): XmlFragment => {
  const {guest} = plan;
  return element('devices', {}, [
    element('emulator', {}, guest.emulator),
    newDisk(plan),
    ...newMedia(guest),
    element('controller', {type: 'usb', index: 0, model: 'qemu-xhci'}),
    element('controller', {type: 'pci', index: 0, model: 'pcie-root'}),
    element('interface', {type: 'network'}, [
      element('source', {network: guest.network}),
      element('model', {type: guest.diskBus === 'virtio' ? 'virtio' : 'e1000e'}),
    ]),
    element('input', {type: guest.evdev.some(({path}) => isMousePath(path)) ? 'mouse' : 'tablet', bus: 'usb'}),
    element('input', {type: 'keyboard', bus: 'usb'}),
    ...(guest.hasTpm ? [newTpm] : []),
    fragmentOf(screenWish(guest.screen)),
    fragmentOf(videoWish('vga')),
  ]);
};

/** `cache='none'`: the guest has a cache of its own, and the host's memory is promised to it. */
const newDisk = ({guest, pinning}: KvmPlan): XmlFragment => {
  const isBlock = guest.disk.startsWith('/dev/');
  const iothread = guest.diskBus === 'virtio' ? (pinning.iothreads[0]?.iothread ?? null) : null;
  return element('disk', {type: isBlock ? 'block' : 'file', device: 'disk'}, [
    element('driver', {name: 'qemu', type: guest.diskFormat, cache: 'none', discard: 'unmap', iothread}),
    element('source', {[isBlock ? 'dev' : 'file']: guest.disk}),
    element('target', {dev: guest.diskBus === 'virtio' ? 'vda' : 'sda', bus: guest.diskBus}),
    element('boot', {order: 1}),
  ]);
};

/** The installer is second in the order: an empty disk does not boot, and then the medium does; afterwards the disk comes first. */
const newMedia = ({cdrom, drivers, diskBus}: KvmGuestPlan): readonly XmlFragment[] => {
  const media = [cdrom, drivers].filter((path) => path !== null);
  const targets = diskBus === 'sata' ? ['sdb', 'sdc'] : ['sda', 'sdb'];
  return media.map((path, index) =>
    fragmentOf(mediumWish(path, targets[index] ?? 'sdc', path === cdrom && index === 0 ? 2 : null)),
  );
};

const newTpm = element('tpm', {model: 'tpm-crb'}, [element('backend', {type: 'emulator', version: '2.0'})]);

/**
 * libvirt chooses the firmware image from 5.2.0 on, and by its features from 7.2.0 on. Before, or when the version is
 * not known, the image is named.
 */
const newOs = ({guest}: KvmPlan, facts: HostFacts): XmlFragment => {
  const type = element('type', {arch: facts.cpu.architecture ?? 'x86_64', machine: 'q35'}, 'hvm');
  if (guest.firmware === 'bios') return element('os', {}, [type]);
  const {version} = libvirtOf(facts);
  const image = isAtLeast(version, '5.2.0') ? null : chooseImage(guest.firmware, libvirtOf(facts).firmware);
  if (image !== null) return element('os', {}, [type, ...namedImage(guest, image)]);
  return element('os', {firmware: 'efi'}, [type, ...wantedFeatures(guest.firmware, version)]);
};

const wantedFeatures = (firmware: KvmGuestPlan['firmware'], version: string | null): readonly XmlFragment[] => {
  if (!isAtLeast(version, '7.2.0')) return firmware === 'uefi-secure' ? [element('loader', {secure: 'yes'})] : [];
  const isSecure = firmware === 'uefi-secure';
  const keys = isSecure ? [element('feature', {enabled: 'yes', name: 'enrolled-keys'})] : [];
  return [
    element('firmware', {}, [...keys, element('feature', {enabled: isSecure ? 'yes' : 'no', name: 'secure-boot'})]),
  ];
};

const chooseImage = (firmware: KvmGuestPlan['firmware'], images: readonly FirmwareImage[]): FirmwareImage | null =>
  images.find((image) =>
    firmware === 'uefi-secure' ? image.hasSecureBoot && image.hasEnrolledKeys : !image.hasSecureBoot,
  ) ??
  (firmware === 'uefi' ? images[0] : undefined) ??
  null;

const namedImage = (guest: KvmGuestPlan, image: FirmwareImage): readonly XmlFragment[] => [
  element(
    'loader',
    {readonly: 'yes', secure: guest.firmware === 'uefi-secure' ? 'yes' : null, type: 'pflash'},
    image.code,
  ),
  element('nvram', {template: image.vars}, `/var/lib/libvirt/qemu/nvram/${guest.name}_VARS.fd`),
];

/** As virsh writes. */
const style = {lineEnding: '\n', quote: "'", indent: '  '} as const;

/**
 * A new guest: a skeleton with what an installation needs, then the same edits that an existing guest gets. It has no
 * uuid; libvirt makes one. A value that XML cannot carry is refused with a finding.
 */
export const renderNewDomain = (planned: Plan, facts: HostFacts): DomainText => {
  const plan = kvmPlanOf(planned);
  try {
    const xml = `${renderFragment(skeleton(plan, facts), style, '')}\n`;
    return editDomain(xml, plan, facts, plan.guest.path);
  } catch (error) {
    if (error instanceof IllegalCharacterError)
      return {ok: false, findings: [illegalCharacter(error, plan.guest.path)]};
    throw error;
  }
};

const skeleton = (plan: KvmPlan, facts: HostFacts): XmlFragment =>
  element('domain', {type: 'kvm'}, [
    element('name', {}, plan.guest.name),
    ...newMetadata(plan),
    newOs(plan, facts),
    newFeatures(plan),
    newClock(plan),
    element('on_poweroff', {}, 'destroy'),
    element('on_reboot', {}, 'restart'),
    element('on_crash', {}, 'destroy'),
    element('pm', {}, [element('suspend-to-mem', {enabled: 'no'}), element('suspend-to-disk', {enabled: 'no'})]),
    newDevices(plan),
  ]);

/** How virt-manager and gnome-boxes know the system in it (libosinfo's name space in libvirt's metadata). */
const newMetadata = ({guest: {osinfoId}}: KvmPlan): readonly XmlFragment[] =>
  osinfoId === null
    ? []
    : [
        element('metadata', {}, [
          element('libosinfo:libosinfo', {'xmlns:libosinfo': 'http://libosinfo.org/xmlns/libvirt/domain/1.0'}, [
            element('libosinfo:os', {id: osinfoId}),
          ]),
        ]),
      ];

/** Secure Boot on q35 keeps its variables in system management mode. */
const newFeatures = ({guest}: KvmPlan): XmlFragment =>
  element('features', {}, [
    element('acpi'),
    element('apic'),
    element('vmport', {state: 'off'}),
    ...(guest.firmware === 'uefi-secure' ? [element('smm', {state: 'on'})] : []),
  ]);

/** Windows keeps local time in the hardware clock; the HPET costs exits and nothing needs it. */
const newClock = ({guest}: KvmPlan): XmlFragment =>
  element('clock', {offset: guest.hasClock ? 'localtime' : 'utc'}, [
    element('timer', {name: 'rtc', tickpolicy: 'catchup'}),
    element('timer', {name: 'pit', tickpolicy: 'delay'}),
    element('timer', {name: 'hpet', present: 'no'}),
  ]);
