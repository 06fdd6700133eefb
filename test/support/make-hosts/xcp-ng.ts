import {outputFile} from '../../../src/system/source.ts';
import {type Entries, file, relativeLink, value} from './entries.ts';
import {pathOf, pciEntries, type PciSpec} from './pci.ts';
import {xenDesktop} from './xen-desktop.ts';

const release = '4.19.0+1';
const commandLine = 'root=LABEL=root-vpilot ro nolvm console=hvc0 console=tty0 quiet';

/** Files of Debian, and of plain Xen. */
const gone = [
  '/boot/',
  '/etc/apt',
  '/etc/default',
  '/etc/grub.d',
  '/etc/initramfs-tools',
  '/etc/os-release',
  '/etc/xen/',
  '/etc/fstab',
  '/proc/cmdline',
  '/proc/version',
  '/proc/modules',
  '/proc/sys/kernel/osrelease',
  '/sys/hypervisor/uuid',
  '/usr/bin/apt-get',
  '/usr/lib/modules/',
  '/usr/sbin/grub-',
  '/usr/sbin/mkinitramfs',
  '/usr/sbin/update-',
  '/usr/share/initramfs-tools',
  '/usr/share/ovmf',
  '/var/lib/dpkg',
  '/var/lib/initramfs-tools',
];

const inventory = `PRIMARY_DISK='/dev/vda'
PRODUCT_VERSION='8.3.0'
DOM0_VCPUS='2'
CONTROL_DOMAIN_UUID='2b7d5c1e-0000-4c7e-8d55-000000000001'
DOM0_MEM='1280'
MANAGEMENT_INTERFACE='xenbr0'
PLATFORM_NAME='XCP'
PLATFORM_VERSION='3.4.0'
PRODUCT_BRAND='XCP-ng'
INSTALLATION_UUID='2b7d5c1e-0000-4c7e-8d55-000000000002'
`;

const xenArguments = 'dom0_mem=1280M,max:1280M watchdog ucode=scan dom0_max_vcpus=1-2 crashkernel=256M,below=4G';

const entry = (title: string, xen: string, kernel: string, more = ''): string => `menuentry '${title}' {
	search --label --set root root-vpilot
	multiboot2 ${xen} ${xenArguments} console=vga vga=mode-0x0311
	module2 ${kernel} ${commandLine}${more}
	module2 /boot/initrd-4.19-xen.img
}
`;

/** The entries of the installer, in its order (python-libs: tests/data/grub.cfg); no argument of passthrough yet. */
const menu = `serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set default=0
set timeout=5
${entry('XCP-ng', '/boot/xen.gz', '/boot/vmlinuz-4.19-xen')}${entry('XCP-ng (Serial)', '/boot/xen.gz', '/boot/vmlinuz-4.19-xen')}${entry('XCP-ng in Safe Mode', '/boot/xen.gz', '/boot/vmlinuz-4.19-xen', ' nousb')}${entry('Fallback XCP-ng (Xen 4.17.5 / Linux 4.19.0)', '/boot/xen-fallback.gz', '/boot/vmlinuz-fallback')}`;

type Vm = {
  readonly uuid: string;
  readonly name: string;
  readonly isControlDomain?: boolean;
  readonly isTemplate?: boolean;
  readonly otherConfig: string;
  readonly vcpusParams?: string;
};

/** In the form in which xe prints all fields of a record. */
const vm = ({uuid, name, isControlDomain = false, isTemplate = false, otherConfig, vcpusParams = ''}: Vm): string =>
  `uuid ( RO)                                  : ${uuid}
                              name-label ( RW): ${name}
                        name-description ( RW): 
                           is-a-template ( RW): ${isTemplate}
                           is-a-snapshot ( RO): false
                       is-control-domain ( RO): ${isControlDomain}
                             power-state ( RO): ${isControlDomain ? 'running' : 'halted'}
                      memory-static-max ( RW): 536870912
                            VCPUs-params (MRW): ${vcpusParams}
                               VCPUs-max ( RW): 2
                                platform (MRW): device-model: qemu-upstream-compat; viridian: true
                            other-config (MRW): ${otherConfig}
                             domain-type ( RW): ${isControlDomain ? 'pv' : 'hvm'}
                     ha-restart-priority ( RW): 
`;

const vms = [
  vm({
    uuid: '2b7d5c1e-0000-4c7e-8d55-000000000001',
    name: 'Control domain on host: host',
    isControlDomain: true,
    otherConfig: 'storage_driver_domain: OpaqueRef:0',
  }),
  vm({
    uuid: '2b7d5c1e-0000-4c7e-8d55-000000000010',
    name: 'win10',
    otherConfig: 'base_template_name: Windows 10 (64-bit)',
  }),
  vm({
    uuid: '2b7d5c1e-0000-4c7e-8d55-000000000011',
    name: 'mail',
    otherConfig: '',
    vcpusParams: 'weight: 512; mask: 0',
  }),
  vm({
    uuid: '2b7d5c1e-0000-4c7e-8d55-000000000012',
    name: 'Windows 10 (64-bit)',
    isTemplate: true,
    otherConfig: 'default_template: true',
  }),
].join('\n\n');

const host = `uuid ( RO)                        : 2b7d5c1e-0000-4c7e-8d55-000000000002
                    name-label ( RW): host
              software-version (MRO): product_version: 8.3.0; product_brand: XCP-ng
`;

const controller: PciSpec = {at: '00:05.0', class: '0c0330', id: '1b36:000d', driver: 'xhci_hcd'};

type Usb = {
  readonly port: string;
  readonly id: string;
  readonly names: readonly [manufacturer: string, product: string];
  /** Class, subclass and protocol of each interface. */
  readonly interfaces: readonly (readonly [string, string, string])[];
};

/** A licence dongle, and a Zigbee stick, which is a modem to USB: the policy of XCP-ng denies those. */
const usbDevices: readonly Usb[] = [
  {port: '1-1', id: '0529:0001', names: ['SafeNet Inc.', 'HASP HL'], interfaces: [['ff', '00', '00']]},
  {
    port: '1-2',
    id: '1cf1:0030',
    names: ['dresden elektronik ingenieurtechnik GmbH', 'ConBee II'],
    interfaces: [
      ['02', '02', '01'],
      ['0a', '00', '00'],
    ],
  },
];

const usbEntries = ({port, id, names, interfaces}: Usb): Entries => {
  const place = `${pathOf(controller.at, [controller])}/usb1/${port}`;
  const [vendor = '', product = ''] = id.split(':');
  return [
    relativeLink(`/sys/bus/usb/devices/${port}`, place),
    value(`${place}/idVendor`, vendor),
    value(`${place}/idProduct`, product),
    value(`${place}/bcdDevice`, '0100'),
    value(`${place}/bDeviceClass`, '00'),
    value(`${place}/manufacturer`, names[0]),
    value(`${place}/product`, names[1]),
    ...interfaces.flatMap(([kind, subclass, protocol], number): Entries => {
      const name = `${port}:1.${number}`;
      return [
        relativeLink(`/sys/bus/usb/devices/${name}`, `${place}/${name}`),
        value(`${place}/${name}/bInterfaceClass`, kind),
        value(`${place}/${name}/bInterfaceSubClass`, subclass),
        value(`${place}/${name}/bInterfaceProtocol`, protocol),
      ];
    }),
  ];
};

/** Rules in the manner of those that XAPI comes with (xen-api: scripts/usb-policy.conf), in words of our own. */
const usbPolicy = `# The first rule that is true of an interface counts; run xe pusb-scan after a change.
DENY: vid=17e9 # USB displays
DENY: class=02 # Modems
ALLOW:vid=056a pid=0315 class=03 # A tablet to draw on
DENY: class=03 subclass=01 prot=01 # Keyboards
DENY: class=03 subclass=01 prot=02 # Mice
DENY: class=0a # Data of modems
DENY: class=e0 # Bluetooth and others
ALLOW: # Everything else
`;

const pusb = `uuid ( RO)                   : 2b7d5c1e-0000-4c7e-8d55-000000000020
          usb-group-uuid ( RO): 2b7d5c1e-0000-4c7e-8d55-000000000021
               host-uuid ( RO): 2b7d5c1e-0000-4c7e-8d55-000000000002
         host-name-label ( RO): host
                    path ( RO): 1-1
               vendor-id ( RO): 0529
             vendor-desc ( RO): Aladdin Knowledge Systems
              product-id ( RO): 0001
            product-desc ( RO): HASP copy protection dongle
                  serial ( RO): 
                 version ( RO): 2.00
             description ( RO): Aladdin Knowledge Systems_HASP copy protection dongle
                   speed ( RO): 12.
     passthrough-enabled ( RW): false
`;

const usbGroup = `uuid ( RO)                : 2b7d5c1e-0000-4c7e-8d55-000000000021
          name-label ( RW): Group of 0529 0001 USBs
    name-description ( RW): 
          VUSB-uuids (SRO): 
          PUSB-uuids (SRO): 2b7d5c1e-0000-4c7e-8d55-000000000020
        other-config (MRW): 
`;

/**
 * **Put together**: the machine of xen-desktop, whose answers of xl are from a real dom0 in QEMU, with the files of XCP-ng
 * 8.3 and the answers of its programs written by hand. Nothing of it was seen on an XCP-ng host.
 */
export const xcpNg = (): Entries => [
  ...xenDesktop().filter(({path}) => !gone.some((one) => path.startsWith(one))),
  value('/sys/hypervisor/uuid', '2b7d5c1e-0000-4c7e-8d55-000000000003'),
  value('/proc/cmdline', commandLine),
  value('/proc/sys/kernel/osrelease', release),
  value('/proc/version', `Linux version ${release} (build@host) (gcc) #1 SMP`),
  file('/proc/modules', 'bochs_drm 16384 0 - Live 0x0000000000000000\n', 0o444),
  file(
    '/etc/os-release',
    'NAME="XCP-ng"\nVERSION="8.3.0"\nID="xenenterprise"\nID_LIKE="centos rhel fedora"\nPRETTY_NAME="XCP-ng 8.3.0"\n',
  ),
  file('/etc/xensource-inventory', inventory),
  file('/boot/grub/grub.cfg', menu),
  file(`/boot/config-${release}`, 'CONFIG_XEN_PCIDEV_BACKEND=y\n'),
  file(`/boot/vmlinuz-${release}`, ''),
  file(`/boot/initrd-${release}.img`, ''),
  file('/boot/xen-4.17.5.gz', ''),
  file(`/usr/lib/modules/${release}/modules.builtin`, 'kernel/drivers/xen/xen-pciback/xen-pciback.ko\n'),
  file(`/usr/lib/modules/${release}/modules.dep`, 'kernel/drivers/gpu/drm/bochs/bochs-drm.ko:\n'),
  file(
    `/usr/lib/modules/${release}/modules.alias`,
    '# Aliases extracted from modules themselves.\nalias pci:v00001234d00001111sv*sd*bc*sc*i* bochs_drm\n',
  ),
  file('/usr/bin/dracut', '', 0o755),
  file(outputFile(['xen-cmdline', '--get-dom0', 'xen-pciback.hide']), '\n'),
  file(outputFile(['xen-cmdline', '--get-xen', 'extra_guest_irqs']), '\n'),
  file(outputFile(['xe', 'vm-list', 'params=all']), vms),
  file(outputFile(['xe', 'host-list', 'params=all']), host),
  ...pciEntries([controller], {nodes: [], hasResetMethod: true, groupType: null, regions: [], iommu: []}).filter(
    ({path}) => !path.endsWith('/vfio-pci'),
  ),
  ...usbDevices.flatMap(usbEntries),
  file('/etc/xensource/usb-policy.conf', usbPolicy),
  file(outputFile(['xe', 'pusb-list', 'params=all']), pusb),
  file(outputFile(['xe', 'usb-group-list', 'params=all']), usbGroup),
  file(outputFile(['xe', 'vusb-list', 'params=all']), ''),
];
