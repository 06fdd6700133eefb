/** Names of classes as pci.ids has them, kept short; by class and subclass, then by class alone. */
const names: Readonly<Record<string, string>> = {
  '0001': 'VGA compatible unclassified device',
  '0100': 'SCSI storage controller',
  '0101': 'IDE interface',
  '0104': 'RAID controller',
  '0105': 'ATA controller',
  '0106': 'SATA controller',
  '0107': 'SAS controller',
  '0108': 'NVMe controller',
  '0109': 'UFS controller',
  '01': 'Mass storage controller',
  '0200': 'Ethernet controller',
  '0207': 'InfiniBand controller',
  '02': 'Network controller',
  '0300': 'VGA compatible controller',
  '0302': '3D controller',
  '03': 'Display controller',
  '0400': 'Video device',
  '0401': 'Audio controller',
  '0403': 'Audio device',
  '04': 'Multimedia controller',
  '0502': 'CXL memory device',
  '05': 'Memory controller',
  '0600': 'Host bridge',
  '0601': 'ISA bridge',
  '0604': 'PCI bridge',
  '0607': 'CardBus bridge',
  '0609': 'Semi-transparent PCI bridge',
  '06': 'Bridge',
  '0700': 'Serial controller',
  '07': 'Communication controller',
  '0801': 'DMA controller',
  '0805': 'SD host controller',
  '0806': 'IOMMU',
  '0807': 'Root complex event collector',
  '08': 'System peripheral',
  '09': 'Input device controller',
  '0b40': 'Co-processor',
  '0b': 'Processor',
  '0c00': 'FireWire controller',
  '0c03': 'USB controller',
  '0c04': 'Fibre Channel controller',
  '0c05': 'SMBus controller',
  '0c07': 'IPMI interface',
  '0c': 'Serial bus controller',
  '0d11': 'Bluetooth controller',
  '0d': 'Wireless controller',
  '10': 'Encryption controller',
  '1101': 'Performance counters',
  '11': 'Signal processing controller',
  '12': 'Processing accelerator',
  '13': 'Non-essential instrumentation',
};

const usbInterfaces: Readonly<Record<string, string>> = {
  '00': 'UHCI',
  '10': 'OHCI',
  '20': 'EHCI',
  '30': 'xHCI',
  '40': 'USB4',
};

/** Six hexadecimal digits (or the first four) in words: `0c0330` is a `USB controller (xHCI)`. */
export const describeClass = (pciClass: string): string => {
  const name = names[pciClass.slice(0, 4)] ?? names[pciClass.slice(0, 2)] ?? `Device of class ${pciClass.slice(0, 4)}`;
  const usb = pciClass.startsWith('0c03') ? usbInterfaces[pciClass.slice(4, 6)] : undefined;
  return usb === undefined ? name : `${name} (${usb})`;
};
