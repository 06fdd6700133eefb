import {describe, expect, it} from 'vitest';
import {ueventReader} from '../../src/host/pci/pci-uevent.ts';

const uevent = (address: string, driver = 'DRIVER=nouveau\n'): string =>
  `${driver}PCI_CLASS=30000\nPCI_ID=10DE:1381\nPCI_SUBSYS_ID=1458:36AB\nPCI_SLOT_NAME=${address}\nMODALIAS=pci:v000010DEd00001381\n`;

const card = {
  class: '030000',
  vendor: '10de',
  device: '1381',
  subsystem: '1458:36ab',
  driver: 'nouveau',
  modalias: 'pci:v000010DEd00001381',
};

describe('uevent files of one reading', () => {
  it('say the same of twins, and of each other function what is its own', () => {
    const read = ueventReader();
    expect(read(uevent('0000:01:00.0'))).toEqual(card);
    expect(read(uevent('0000:02:00.0'))).toEqual(card);
    expect(read(uevent('0000:03:00.0', ''))).toEqual({...card, driver: null});
    expect(read(uevent('0000:04:00.0', 'DRIVER=vfio-pci\n'))).toEqual({...card, driver: 'vfio-pci'});
  });

  it('smuggle no driver in with an address, and may be empty, cut off or nothing of the kind', () => {
    const read = ueventReader();
    expect(read(uevent('x\rDRIVER=vfio-pci', ''))).toEqual({...card, driver: null});
    expect(read(uevent('0000:01:00.0').slice(0, -40))).toEqual({...card, modalias: null});
    for (const text of ['', '\n', 'PCI_SLOT_NAME=', '\nPCI_SLOT_NAME=', 'PCI_CLASS=30000\n', '\0'.repeat(4096)])
      expect(read(text), JSON.stringify(text.slice(0, 20))).toBeNull();
  });
});
