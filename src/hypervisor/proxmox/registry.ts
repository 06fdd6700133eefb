import type {GuestRegistry} from '../../artifacts/ports.ts';
import {parseGuestConfig, valueOf} from '../../formats/qemu-server/config.ts';
import {withoutSettings} from '../../formats/qemu-server/edit-config.ts';
import {changeOfSettings, isNoChange} from '../../formats/qemu-server/settings.ts';
import type {Machine} from '../../system/machine.ts';
import {createArguments, setArguments} from './qm-arguments.ts';

const timeoutSeconds = 120;
const guestFile = /^\/etc\/pve\/qemu-server\/(\d+)\.conf$/;

const vmidOf = (path: string): number => Number(guestFile.exec(path)?.[1]);

/**
 * Where qm keeps the guests of this node. /etc/pve is a database that looks like a file system and is shared by all nodes:
 * qm alone writes there, under its own lock, and a digest refuses what somebody else has changed meanwhile.
 */
export const qmRegistry: GuestRegistry = {
  keeps: (path) => guestFile.test(path),
  obstacle: (machine, path) =>
    machine.hasProgram('qm')
      ? null
      : {
          problem: `${path} is a guest of Proxmox VE, and qm is not installed.`,
          nextStep: 'Repair the package qemu-server (apt install --reinstall qemu-server), then run apply again.',
        },
  // Proxmox makes it; nobody else can.
  directoryMode: 0o755,
  define: async ({machine, run, sha1}, path, definition) => {
    const wanted = textAt(machine, definition);
    const vmid = vmidOf(path);
    if (machine.stat(path) === null) {
      await run(['qm', ...createArguments(vmid, wanted)], timeoutSeconds);
      return;
    }
    const present = machine.read(path);
    const change = changeOfSettings(present.toString('utf8'), wanted);
    if (isNoChange(change)) return;
    // Proxmox: `digest` is the SHA-1 of the file (PVE::QemuServer, parse_vm_config).
    await run(['qm', ...setArguments(vmid, change, sha1(present))], timeoutSeconds);
  },
  undefine: async ({machine, run}, path) => {
    // qm refuses a locked guest; this lock is left of a program that is gone.
    const skipLock = isHalfMade(machine, path) ? ['--skiplock', '1'] : [];
    await run(['qm', 'destroy', String(vmidOf(path)), ...skipLock], timeoutSeconds);
  },
  // What is to be set, and the digest, depend on the file at that moment.
  commands: null,
  isHalfMade: (machine, path) => isHalfMade(machine, path),
  leftoverOf: () => null,
  hasSettingsOf: (machine, path, definition) =>
    isNoChange(changeOfSettings(textAt(machine, path), textAt(machine, definition))),
  withoutApplied: ({before, applied, present}) => withoutSettings(before, applied, present),
};

/** `qm create` and `qm destroy` lock the guest until they are done (`PVE::API2::Qemu`). */
const isHalfMade = (machine: Machine, path: string): boolean =>
  machine.stat(path)?.type === 'file' &&
  /^(?:create|destroyed)$/.test(valueOf(parseGuestConfig(textAt(machine, path)).current, 'lock') ?? '');

const textAt = (machine: Machine, path: string): string => machine.read(path).toString('utf8');
