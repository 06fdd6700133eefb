import {directory, type Entries, file, link, program} from './entries.ts';
import {dualSocket} from './dual-socket.ts';
import {ryzenTwoCards} from './ryzen-two-cards.ts';

/** What libvirt, its QEMU and Ubuntu's package list leave; Proxmox VE has its own. */
const gone = [
  '/etc/libvirt',
  '/etc/hostname',
  '/var/lib/libvirt',
  '/var/lib/dpkg/status',
  '/usr/bin/virsh',
  '/usr/bin/swtpm',
  '/usr/bin/swtpm_setup',
  '/usr/sbin/libvirtd',
  '/usr/bin/qemu-system-x86_64',
  '/usr/share/qemu',
  '/usr/share/OVMF',
];

const isGone = (path: string): boolean => gone.some((one) => path === one || path.startsWith(`${one}/`));

/**
 * **Invented**: the two cards of `ryzen-two-cards` under the files of Proxmox VE 8.3, as its sources read and write them: a
 * cluster of two nodes, an everyday guest, and odd configurations that Proxmox accepts.
 */
export const proxmoxGpu = (machines: string): Entries => nodeOf('pve1', ryzenTwoCards(machines));

/** **Invented**: the server `dual-socket-1gib` as the other node of the same cluster. Both have the same `/etc/pve`. */
export const proxmoxServer = (machines: string): Entries => nodeOf('pve2', dualSocket(machines));

const nodeOf = (node: 'pve1' | 'pve2', hardware: Entries): Entries => [
  ...hardware.filter(({path}) => !isGone(path)),
  file('/etc/hostname', `${node}\n`),
  // As pmxcfs shows it (src/pmxcfs/status.c of pve-cluster).
  file(
    '/etc/pve/.members',
    `{"nodename":"${node}","version":4,"cluster":{"name":"home","version":2,"nodes":2,"quorate":1},"nodelist":{}}\n`,
    0o440,
  ),
  link('/etc/pve/local', `nodes/${node}`),
  link('/etc/pve/qemu-server', `nodes/${node}/qemu-server`),
  file('/etc/pve/nodes/pve1/lxc/100.conf', 'arch: amd64\nhostname: dns\nmemory: 512\n', 0o640),
  ...Object.entries(guests).map(([vmid, text]) => file(`/etc/pve/nodes/pve1/qemu-server/${vmid}.conf`, text, 0o640)),
  file('/etc/pve/nodes/pve2/qemu-server/104.conf', 'memory: 4096\nname: mail\n', 0o640),
  directory('/etc/pve/nodes/pve2/lxc'),
  file('/etc/pve/storage.cfg', storage, 0o640),
  file(
    '/etc/pve/mapping/pci.cfg',
    'gpu\n\tmap id=10de:1f08,iommugroup=21,node=pve1,path=0000:0a:00,subsystem-id=1462:3756\n\tmap id=10de:1e30,iommugroup=2,node=pve2,path=0000:81:00,subsystem-id=10de:12ba\n',
    0o640,
  ),
  file(
    '/etc/network/interfaces',
    'auto lo\niface lo inet loopback\n\nauto vmbr0\niface vmbr0 inet static\n\tbridge-ports eno1\n',
  ),
  program('/usr/sbin/qm'),
  file('/var/lib/dpkg/status', packages),
];

const storage = `dir: local
\tpath /var/lib/vz
\tcontent iso,vztmpl,backup

nfs: shared
\tdisable
\tserver 192.0.2.1
\tcontent images

zfspool: other-node
\tpool tank
\tcontent images
\tnodes pve2

lvmthin: local-lvm
\tthinpool data
\tvgname pve
\tcontent rootdir,images
`;

const packages = [
  'pve-manager 8.3.0',
  'proxmox-ve 8.3.0',
  'pve-qemu-kvm 9.0.2-4',
  'qemu-server 8.3.3',
  'initramfs-tools 0.142',
]
  .map((one) => one.split(' '))
  .map(
    ([name, version]) => `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
  )
  .join('\n');

const windowsGuest = `agent: 1
bios: ovmf
boot: order=scsi0;ide2;net0
cores: 4
cpu: host
efidisk0: local-lvm:vm-101-disk-0,efitype=4m,pre-enrolled-keys=1,size=4M
ide2: none,media=cdrom
machine: pc-q35-9.0
memory: 8192
meta: creation-qemu=9.0.2,ctime=1730000000
name: win10
net0: virtio=BC:24:11:00:00:01,bridge=vmbr0
ostype: win10
scsi0: local-lvm:vm-101-disk-1,iothread=1,size=64G
scsihw: virtio-scsi-single
smbios1: uuid=7c3d5a2e-0000-4000-8000-000000000101
sockets: 1
tpmstate0: local-lvm:vm-101-disk-2,size=4M,version=v2.0
vmgenid: 7c3d5a2e-0000-4000-8000-000000000001
`;

/** An everyday Windows guest; one with snapshots, a waiting change and a description; and one that starts with the host. */
const guests: Readonly<Record<string, string>> = {
  101: windowsGuest,
  102: `#Old%3A hostpci0 was 0000:0b:00
#second line
agent: 1
balloon: 2048
boot: order=scsi0;net0
cores: 4
cpu: x86-64-v2-AES,flags=+aes
hostpci0: mapping=gpu,pcie=1
machine: pc-q35-9.0
memory: 8192
name: media
ostype: l26
scsi0: local-lvm:vm-102-disk-0,size=32G
smbios1: uuid=7c3d5a2e-0000-4000-8000-000000000102
sockets: 1

[PENDING]
delete: agent
memory: 4096

[before]
#a snapshot
cores: 2
hostpci0: 0000:0a:00,pcie=1
memory: 2048
snaptime: 1700000000
`,
  103: `memory: 2048\nname: router\nonboot: 1\nhugepages: 2\nnuma: 1\nnuma0: cpus=0,hostnodes=0,memory=2048,policy=bind\nhugepage: odd\naffinity: 0-1\n`,
};
