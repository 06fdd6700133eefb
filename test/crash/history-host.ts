import {dirname} from 'node:path';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {parseGrubEntries} from '../../src/boot/grub/grub-menu.ts';
import {readFiles} from '../../src/host/files.ts';
import {readKernelImages} from '../../src/host/kernel/installed-kernels.ts';
import {readDomains} from '../../src/host/libvirt/libvirt-domains.ts';
import type {Machine} from '../../src/system/machine.ts';
import type {Source} from '../../src/system/source.ts';
import {defaultShape, sampleFacts} from '../support/sample-facts.ts';
import {
  defaultsPath,
  environmentPath,
  isWholeImage,
  isWholeMenu,
  makeImage,
  makeMenu,
  menuPath,
  save,
} from './history-programs.ts';
import {createModelDisk, type Inode, type ModelDisk} from './model-disk.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

/** A host in memory: its disk, and the boot that runs. */
export type ModelHost = {readonly disk: ModelDisk; readonly commandLine: string; readonly boots: number};

const firstRelease = '6.1.0-1-amd64';

export const createHost = (): ModelHost => {
  const content = new Map<string, Inode>();
  const directory = (path: string): void => {
    if (path !== '/') directory(dirname(path));
    if (!content.has(path))
      content.set(path, {type: 'directory', mode: 0o755, uid: 0, gid: 0, bytes: Buffer.alloc(0), target: ''});
  };
  const put = (path: string, text: string, mode = 0o644): void => {
    directory(dirname(path));
    content.set(path, {type: 'file', mode, uid: 0, gid: 0, bytes: Buffer.from(text), target: ''});
  };
  for (const path of ['/run', '/var/lib', '/etc/systemd/system/sysinit.target.wants', '/etc/libvirt/qemu'])
    directory(path);
  put(defaultsPath, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n', 0o640);
  put('/etc/initramfs-tools/modules', '# none\n');
  put('/etc/initramfs-tools/initramfs.conf', 'MODULES=most\n');
  put('/etc/modprobe.d/local.conf', 'options local\n', 0o600);
  put(`/boot/vmlinuz-${firstRelease}`, 'kernel');
  put(environmentPath, '');
  const {machine} = createModelDisk(content);
  put(`/boot/initrd.img-${firstRelease}`, makeImage(machine, firstRelease));
  put(menuPath, makeMenu(machine), 0o600);
  const disk = createModelDisk(content);
  return {disk, commandLine: boot(disk.machine, 'good').commandLine, boots: 1};
};

/** The package of a kernel: it makes the image and the menu from the present configuration. */
export const installKernel = ({machine}: ModelDisk, release: string): void => {
  save(machine, `/boot/vmlinuz-${release}`, 'kernel');
  save(machine, `/boot/initrd.img-${release}`, makeImage(machine, release));
  save(machine, menuPath, makeMenu(machine), 0o600);
};

export const sourceOf = ({disk: {machine}, boots}: ModelHost): Source => {
  const bytes = (path: string): Buffer | null => {
    if (path === '/proc/sys/kernel/random/boot_id') return Buffer.from(`boot-${boots}\n`);
    return machine.stat(path)?.type === 'file' ? machine.read(path) : null;
  };
  return {
    root: '/',
    isLive: true,
    isPrivileged: true,
    bytes,
    head: bytes,
    part: (path, offset, length) => bytes(path)?.subarray(offset, offset + length) ?? null,
    text: (path) => bytes(path)?.toString('utf8') ?? null,
    list: machine.list,
    directories: (path) => machine.list(path).filter((name) => machine.stat(`${path}/${name}`)?.type !== 'file'),
    link: (path) => (machine.stat(path)?.type === 'symlink' ? machine.readLink(path) : null),
    stat: (path) => {
      const stat = machine.stat(path);
      return stat === null ? null : {...stat, inode: 0, modifiedMs: 0};
    },
    exists: (path) => machine.stat(path) !== null,
    resolve: (path) => path,
    run: () => null,
    denied: new Set(),
  };
};

const noNote = (): void => undefined;

/** What `readHost` would find: files, kernels, menu and guests from the disk, the rest as the running boot makes it. */
export const factsOf = (host: ModelHost): HostFacts => {
  const {commandLine} = host;
  const source = sourceOf(host);
  const base = sampleFacts(defaultShape, {isLive: true, root: '/', files: readFiles(source, noNote)});
  const [, kernel = '', words = ''] = /^BOOT_IMAGE=(\S+) (.*)$/.exec(commandLine) ?? [];
  const menu = parseGrubEntries(source.text(menuPath) ?? '');
  const running = menu.find((entry) => entry.kernel === kernel && entry.arguments === words) ?? null;
  const isBound = words.includes('hugepages=');
  const pages = Number(/hugepages=0:(\d+)/.exec(words)?.[1] ?? 0);
  return {
    ...base,
    pci: base.pci.map((device) => (isBound && device.iommuGroup === 17 ? {...device, driver: 'vfio-pci'} : device)),
    nodes: base.nodes.map((node) => ({
      ...node,
      hugepages: [{sizeKiB: 2048, total: node.id === 0 ? pages : 0, free: node.id === 0 ? pages : 0}],
    })),
    boot: {
      ...base.boot,
      ...readKernelImages(source),
      commandLine,
      own: {
        kind: 'grub',
        isUnderXen: false,
        name: 'grub',
        menu: {directory: '/boot/grub', running, readsCustom: true, obeysNextEntry: true, environmentObstacle: null},
      },
    },
    kernel: {...base.kernel, release: kernel.replace(/^\/vmlinuz-/, '')},
    virtualisation: {...libvirtOf(base), domains: readDomains(source, () => null, noNote)},
  };
};

export type Boot = {readonly commandLine: string; readonly trials: number; readonly faults: readonly string[]};

/**
 * What GRUB does with what is on the disk, until a system runs: the choice for one boot is taken away before it is
 * obeyed, and an entry of our own that lacks a file reboots. `trial`: whether the trial's system comes up or panics.
 */
export const boot = (machine: Machine, trial: 'good' | 'bad'): Boot => {
  const text = (path: string): string =>
    machine.stat(path)?.type === 'file' ? machine.read(path).toString('utf8') : '';
  const isTrial = text(environmentPath).includes('next_entry=vfio-pilot-trial');
  if (isTrial) save(machine, environmentPath, '');
  const [, kernel = '', words = '', image = ''] =
    /--id vfio-pilot-trial \{[^}]*?if linux (\S+) (.*); then\n\s*if initrd (\S+); then/.exec(
      text('/boot/grub/custom.cfg'),
    ) ?? [];
  if (isTrial && kernel !== '') {
    // An image that is there and torn would hang, and a missing one reboots.
    if (machine.stat(`/boot${image}`) !== null && !isWholeImage(text(`/boot${image}`)))
      return {commandLine: '', trials: 1, faults: ['the image of the trial is torn']};
    if (trial === 'good' && isWholeImage(text(`/boot${image}`)) && machine.stat(`/boot${kernel}`) !== null)
      return {commandLine: `BOOT_IMAGE=${kernel} ${words}`, trials: 1, faults: []};
    return {...boot(machine, trial), trials: 1};
  }
  const menu = text(menuPath);
  const [first] = parseGrubEntries(menu);
  if (!isWholeMenu(menu) || first === undefined) return {commandLine: '', trials: 0, faults: ['the menu is torn']};
  const missing = [first.kernel, ...first.images].filter((path) => machine.stat(`/boot${path}`) === null);
  const torn = first.images.filter((path) => !isWholeImage(text(`/boot${path}`)));
  return {
    commandLine: `BOOT_IMAGE=${first.kernel} ${first.arguments}`,
    trials: 0,
    faults: [...missing, ...torn].map((path) => `/boot${path} is missing or torn`),
  };
};
