import {describe, expect, it} from 'vitest';
import {readInputs} from '../../src/host/inputs.ts';
import {openTree} from '../support/make-tree.ts';

const usb = '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.2/1-4.2:1.0/0003:046D:C31C.0001/input/input4/event3';

/** Made for this test, after a Debian 12 desktop. */
const tree = {
  '/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd': {link: '../event3'},
  '/dev/input/by-id/usb-Logitech_USB_Keyboard-event-if01': {link: '../event4'},
  '/dev/input/by-id/usb-Razer_Mouse-event-mouse': {link: '../event5'},
  '/dev/input/by-id/usb-Razer_Mouse-mouse': {link: '../mouse0'},
  [`${usb}/dev`]: '13:67\n',
  '/sys/class/input/event3': {link: `../..${usb.slice('/sys'.length)}`},
};

describe('keyboards and mice of the host', () => {
  it('are those with a name of their own, with the controller and port that they are at', () => {
    expect(readInputs(openTree(tree))).toEqual([
      {
        path: '/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd',
        isKeyboard: true,
        controller: '0000:00:14.0',
        usbPort: '1-4.2',
      },
      {
        path: '/dev/input/by-id/usb-Razer_Mouse-event-mouse',
        isKeyboard: false,
        controller: null,
        usbPort: null,
      },
    ]);
  });

  it('are none where nothing has such a name, and unknown where /dev/input is not there', () => {
    expect(readInputs(openTree({'/dev/input/event0': ''}))).toEqual([]);
    expect(readInputs(openTree({'/etc/hostname': 'host\n'}))).toBeNull();
  });
});
