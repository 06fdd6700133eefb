import {createHash} from 'node:crypto';
import type {FileFacts} from '../../src/facts/files.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';
import {readProxmox} from '../../src/host/proxmox/proxmox.ts';
import {openTree} from './make-tree.ts';
import {defaultShape, type MachineShape, sampleFacts} from './sample-facts.ts';

const directory = '/etc/pve/qemu-server';

/** The invented machine of `sampleFacts` under an invented Proxmox VE with these guests. */
export const proxmoxFacts = (
  confs: Readonly<Record<string, string>>,
  {
    files = {},
    shape = defaultShape,
    overrides = {},
  }: {
    readonly files?: Parameters<typeof openTree>[0];
    readonly shape?: MachineShape;
    readonly overrides?: Partial<HostFacts>;
  } = {},
): HostFacts => {
  const guests = Object.fromEntries(Object.entries(confs).map(([vmid, text]) => [`${directory}/${vmid}.conf`, text]));
  const source = openTree({
    '/etc/hostname': 'pve1.example\n',
    '/usr/sbin/qm': '',
    '/etc/pve/storage.cfg': 'dir: local\n\tcontent iso\n\nlvmthin: local-lvm\n\tcontent rootdir,images\n',
    '/etc/network/interfaces': 'auto vmbr0\niface vmbr0 inet manual\n',
    ...files,
    ...guests,
  });
  const facts = sampleFacts(shape, {isLive: true, ...overrides});
  const virtualisation = readProxmox(source, {...libvirtOf(facts), version: null, domains: [], networks: []});
  if (virtualisation === null) throw new Error('it is no Proxmox VE');
  const kept = Object.keys({...files, ...guests}).flatMap((path) => {
    const text = source.text(path);
    return text === null ? [] : [fileOf(path, text)];
  });
  return {
    ...facts,
    virtualisation,
    files: Object.fromEntries([...Object.values(facts.files), ...kept].map((file) => [file.path, file])),
  };
};

const fileOf = (path: string, text: string): FileFacts => ({
  path,
  state: 'file',
  text,
  encoding: 'utf8',
  target: null,
  sha256: createHash('sha256').update(text).digest('hex'),
  mode: 0o640,
  uid: 0,
  gid: 0,
  stamp: null,
});
