import {readSecureBoot, readFirmware} from '../../boot/efi-variables.ts';
import {askChain, type BootPorts, chainOf, writerOf} from '../../boot/chains.ts';
import type {BootReading, FilePlace} from '../../boot/boot-chain.ts';
import type {BootFacts} from '../../facts/boot.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {Source} from '../../system/source.ts';
import {readKernelImages} from '../kernel/installed-kernels.ts';
import {findBlockDevice} from '../needs/block-devices.ts';
import {deviceByName, deviceByNumber, readUdevBlocks} from '../needs/device-names.ts';
import {mountOf, readMounts} from '../needs/mounts.ts';
import type {Note} from '../reader.ts';
import {readBootLoader} from './boot-loader.ts';
import {readInitramfsSystem} from './initramfs-system.ts';

export const readBoot = (
  source: Source,
  note: Note,
  files: Readonly<Record<string, FileFacts>>,
  ports: BootPorts,
): BootFacts => {
  const firmware = readFirmware(source);
  const commandLine = source.text('/proc/cmdline')?.trim() ?? null;
  const reading: BootReading = {source, firmware, commandLine, placeOf: (path) => readPlace(source, path)};
  const loader = readBootLoader(reading, note, ports.chains);
  const {initramfs, initramfsEvidence} = readInitramfsSystem(
    source,
    note,
    ports.images,
    writerOf(loader, ports)?.rendersWholeHost !== true,
  );
  const own = chainOf(loader, ports)?.readOwn(reading) ?? null;
  return {
    firmware,
    secureBoot: readSecureBoot(source, firmware),
    lockdown: parseLockdown(source.text('/sys/kernel/security/lockdown')),
    ...loader,
    initramfs,
    initramfsEvidence,
    commandLine,
    ...readKernelImages(source),
    watchdog: source.text('/sys/class/watchdog/watchdog0/identity')?.trim() ?? null,
    own,
    ...askChain({loader: loader.loader, initramfs, own}, files, ports),
  };
};

const readPlace = (source: Source, path: string): FilePlace | null => {
  const mount = mountOf(readMounts(source), path);
  if (mount === null) return null;
  const name =
    (mount.number === null ? null : deviceByNumber(source, mount.number)) ??
    deviceByName(source, readUdevBlocks(source), mount.device);
  const device = name === null ? null : findBlockDevice(source, name);
  return {
    type: mount.type,
    device: device === null ? null : name,
    isLayered: device?.includes('/virtual/') === true,
  };
};

/** `none [integrity] confidentiality`: the active one is in brackets. */
const parseLockdown = (text: string | null): string | null => /\[(\w+)\]/.exec(text ?? '')?.[1] ?? null;
