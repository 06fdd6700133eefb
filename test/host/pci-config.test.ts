import * as fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {decodeBridgeAcs} from '../../src/host/pci/pci-config.ts';

const rootPort = 4;
const upstreamPort = 5;
const downstreamPort = 6;
const pcieToPci = 7;

type Wanted = {
  readonly port?: number;
  readonly acs?: {readonly capability: number; readonly control: number};
  readonly isMultifunction?: boolean;
};

/** Config space with a PCI Express capability at 0x40, AER at 0x100 and ACS after it. */
const configSpace = ({port, acs, isMultifunction = false}: Wanted): Uint8Array => {
  const view = new DataView(new ArrayBuffer(4096));
  view.setUint8(0x0e, isMultifunction ? 0x81 : 0x01);
  if (port !== undefined) {
    view.setUint16(0x06, 0x10, true);
    view.setUint8(0x34, 0x40);
    view.setUint8(0x40, 0x10);
    view.setUint16(0x42, (port << 4) | 2, true);
  }
  view.setUint32(0x100, 0x0001 | (1 << 16) | ((acs === undefined ? 0 : 0x148) << 20), true);
  if (acs !== undefined) {
    view.setUint32(0x148, 0x000d | (1 << 16), true);
    view.setUint16(0x14c, acs.capability, true);
    view.setUint16(0x14e, acs.control, true);
  }
  return new Uint8Array(view.buffer);
};

const amd = {vendor: '1022', device: '1453', isPchSlot: false};

describe('decodeBridgeAcs', () => {
  it.each([
    ['all that is demanded is on', {capability: 0x5f, control: 0x1d}, true],
    ['upstream forwarding is off', {capability: 0x5f, control: 0x0d}, false],
    ['nothing is on', {capability: 0x5f, control: 0}, false],
    ['what is missing in the capability counts as on', {capability: 0x05, control: 0x05}, true],
    ['egress control is not demanded', {capability: 0x3d, control: 0x1d}, true],
  ])('judges a root port where %s', (_, acs, isIsolating) => {
    expect(decodeBridgeAcs(configSpace({port: rootPort, acs}), amd)).toEqual({
      isPresent: true,
      isIsolating,
      port: 'root port',
    });
  });

  it('finds no isolation in a port without the capability', () => {
    expect(decodeBridgeAcs(configSpace({port: downstreamPort}), amd)).toEqual({
      isPresent: false,
      isIsolating: false,
      port: 'downstream port',
    });
  });

  it.each([
    [false, true],
    [true, false],
  ])('takes an upstream port without ACS (multifunction %s) for isolated: %s', (isMultifunction, isIsolating) => {
    expect(decodeBridgeAcs(configSpace({port: upstreamPort, isMultifunction}), amd)?.isIsolating).toBe(isIsolating);
  });

  it.each([[undefined], [pcieToPci]])(
    'takes a bridge to a conventional bus (port type %s) for never isolated',
    (port) => {
      const config = configSpace(port === undefined ? {} : {port, acs: {capability: 0x1f, control: 0x1f}});

      expect(decodeBridgeAcs(config, amd)).toEqual({isPresent: false, isIsolating: false, port: 'PCI bridge'});
    },
  );

  it('does not judge chipset ports of Intel, for which the kernel has a list of its own', () => {
    const cougarPoint = {vendor: '8086', device: '1c10', isPchSlot: true};
    const sunrisePoint = {vendor: '8086', device: 'a110', isPchSlot: true};

    expect(decodeBridgeAcs(configSpace({port: rootPort}), cougarPoint)).toBeNull();
    expect(
      decodeBridgeAcs(configSpace({port: rootPort, acs: {capability: 0x0f, control: 0}}), sunrisePoint),
    ).toBeNull();
  });

  it('judges the processor’s own root port of Intel', () => {
    const processor = {vendor: '8086', device: '0151', isPchSlot: false};

    expect(decodeBridgeAcs(configSpace({port: rootPort}), processor)).toMatchObject({
      isPresent: false,
      isIsolating: false,
    });
  });

  it.each([64, 128, 256])('says nothing about a port of which only %i bytes could be read', (length) => {
    const config = configSpace({port: rootPort, acs: {capability: 0x1f, control: 0x1d}}).subarray(0, length);

    expect(decodeBridgeAcs(config, amd)?.isPresent ?? null).toBeNull();
  });

  it('ends on any bytes, loops of capabilities included', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 4096, size: 'max'}), (bytes) => {
        decodeBridgeAcs(bytes, amd);
      }),
    );
    const loop = configSpace({port: rootPort});
    new DataView(loop.buffer).setUint32(0x100, 0x0001 | (0x100 << 20), true);
    expect(decodeBridgeAcs(loop, amd)?.isPresent).toBe(false);
  });
});
