import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../../src/changes/preview.ts';
import {attributeOf, childNamed, elementsAt, parseXmlBeginning} from '../../../src/formats/xml/document.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {proposeProfile} from '../../../src/pipeline/propose-profile.ts';
import {openSource} from '../../../src/system/source.ts';
import {unpackHost} from '../../support/host-tree.ts';

const isHere =
  process.getuid?.() === 0 &&
  existsSync('/usr/bin/virsh') &&
  existsSync('/usr/bin/qemu-system-x86_64') &&
  existsSync('/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so');

/** What a new guest with this device is, for a machine without KVM. */
const domainOf = (host: string, identity: string, name: string): string => {
  const facts = readHost(openSource(unpackHost(host), null));
  const profile = proposeProfile(facts, [identity]);
  const preview = previewChanges(facts, {...profile, guest: {...profile.guest, name, os: 'linux', tpm: false}});
  const change = preview.changes.find(({path}) => path === `/etc/libvirt/qemu/${name}.xml`);
  if (change === undefined || !('content' in change) || change.content === null)
    throw new Error(`no guest: ${preview.findings.map(({message}) => message).join('\n')}`);
  return change.content.text
    .replace("<domain type='kvm'>", "<domain type='qemu'>")
    .replace(/<os [^]*<\/os>/, "<os><type arch='x86_64' machine='q35'>hvm</type></os>")
    .replace(/<cpu [^]*<\/cpu>/, '')
    .replace(/<memoryBacking>[^]*<\/memoryBacking>/, '')
    .replace(/<(?:cputune|numatune|iothreads)>[^]*<\/(?:cputune|numatune|iothreads)>/, '')
    .replace(/ iothread='\d+'/g, '')
    .replace(/<kvm>[^]*<\/kvm>/, '');
};

const guests = {
  numbered: domainOf.bind(null, 'sriov-nic', '0000:0a:00.0/virtfn0'),
  pooled: domainOf.bind(null, 'sriov-nic', '0000:0a:00.0/any'),
  sliced: domainOf.bind(null, 'gvt-laptop', '0000:00:02.0/i915-GVTg_V5_4'),
  graphics: domainOf.bind(null, 'arc-xe', '0000:0a:00.0/virtfn1'),
  vgpu: domainOf.bind(null, 'l40s-server', '0000:81:00.0/virtfn2 NVIDIA L40S-12Q'),
} as const;

/** Looks for QEMU's abilities once, which takes a minute or more without KVM; so all guests go into one call. */
const define = (directory: string): string => {
  const commands = Object.entries(guests).flatMap(([name, text]) => {
    writeFileSync(join(directory, `${name}.xml`), text(name));
    return [`define --validate ${directory}/${name}.xml`, `dumpxml ${name}`];
  });
  // libvirt looks its user up before it reads that another one is configured.
  for (const [file, line] of [
    ['passwd', 'libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin'],
    ['group', 'libvirt-qemu:x:64055:'],
  ] as const) {
    const text = readFileSync(`/etc/${file}`, 'utf8');
    writeFileSync(join(directory, file), text.includes('\nlibvirt-qemu:') ? text : `${text}${line}\n`);
  }
  const script =
    'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group && virsh -c "qemu:///embed?root=$1/root" "$2"';
  return execFileSync('unshare', ['-m', 'sh', '-c', script, 'sh', directory, commands.join('; ')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 3_600_000,
  });
};

describe.skipIf(!isHere)("libvirt's own driver (needs root and QEMU; skipped where they are not)", () => {
  it('takes guests with virtual functions, a pool and slices, and gives each device a place on PCI Express', () => {
    const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-embed-'));
    try {
      const out = define(directory);
      const domains = [...out.matchAll(/<domain [^]*?<\/domain>/g)].map(([text]) => parseXmlBeginning(text).root);
      expect(domains.map((domain) => childNamed(domain, 'name')?.text)).toEqual(Object.keys(guests));
      const places = domains.map((domain) => {
        const modelOf = (bus: string | null): string | null => {
          const index = String(Number(bus));
          const found = elementsAt(domain, 'devices/controller').find(
            (one) => attributeOf(one, 'type') === 'pci' && attributeOf(one, 'index') === index,
          );
          return attributeOf(found ?? null, 'model');
        };
        const given = ['hostdev', 'interface'].flatMap((name) =>
          elementsAt(domain, `devices/${name}`).filter(
            (one) => attributeOf(childNamed(one, 'source'), 'network') !== 'default',
          ),
        );
        return given.map((one) => modelOf(attributeOf(childNamed(one, 'address'), 'bus')));
      });
      expect(places).toEqual(Object.keys(guests).map(() => ['pcie-root-port']));
      expect(out).toContain("<source network='vf-enp10s0f0'/>");
      expect(out).toMatch(/<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci'/);
      expect(readdirSync(directory)).toContain('root');
    } finally {
      rmSync(directory, {recursive: true});
    }
  }, 3_600_000);
});
