import {expect, it} from 'vitest';
import {previewChanges} from '../../../src/changes/preview.ts';
import {attributeOf, childNamed, elementsAt, parseXmlBeginning} from '../../../src/formats/xml/document.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {proposeProfile} from '../../../src/pipeline/propose-profile.ts';
import {openSource} from '../../../src/system/source.ts';
import {unpackHost} from '../../support/host-tree.ts';
import {defineAll, hasQemuDriver} from './qemu-driver.ts';

/** A new guest with this device. */
const domainOf = (host: string, identity: string): string => {
  const facts = readHost(openSource(unpackHost(host), null));
  const profile = proposeProfile(facts, [identity]);
  const preview = previewChanges(facts, {...profile, guest: {...profile.guest, os: 'linux', tpm: false}});
  const change = preview.changes.find(({path}) => path === `/etc/libvirt/qemu/${profile.guest.name}.xml`);
  if (change === undefined || !('content' in change) || change.content === null)
    throw new Error(`no guest: ${preview.findings.map(({message}) => message).join('\n')}`);
  return change.content.text;
};

const devices = [
  ['sriov-nic', '0000:0a:00.0/virtfn0'],
  ['sriov-nic', '0000:0a:00.0/any'],
  ['gvt-laptop', '0000:00:02.0/i915-GVTg_V5_4'],
  ['arc-xe', '0000:0a:00.0/virtfn1'],
  ['l40s-server', '0000:81:00.0/virtfn2 NVIDIA L40S-12Q'],
] as const;

it.skipIf(!hasQemuDriver)(
  "gives virtual functions, one of a pool and slices a place on PCI Express (libvirt's own driver; skipped without it)",
  () => {
    const defined = defineAll(devices.map(([host, identity]) => domainOf(host, identity)));
    const places = defined.map(({xml, said}) => {
      if (xml === null) return said;
      const domain = parseXmlBeginning(xml).root;
      const given = ['hostdev', 'interface'].flatMap((name) =>
        elementsAt(domain, `devices/${name}`).filter(
          (one) => attributeOf(childNamed(one, 'source'), 'network') !== 'default',
        ),
      );
      return given.map((one) => {
        const index = String(Number(attributeOf(childNamed(one, 'address'), 'bus')));
        const controller = elementsAt(domain, 'devices/controller').find(
          (other) => attributeOf(other, 'type') === 'pci' && attributeOf(other, 'index') === index,
        );
        return attributeOf(controller ?? null, 'model');
      });
    });
    expect(places).toEqual(devices.map(() => ['pcie-root-port']));
    expect(defined[1]?.xml).toContain("<source network='vf-enp10s0f0'/>");
    expect(defined[2]?.xml).toMatch(/<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci'/);
  },
);
