import type {Finding} from '../../findings/finding.ts';
import type {ProxmoxGuest} from '../../facts/virtualisation.ts';
import {type ConfigLine, parsePropertyString, valueOf} from '../../formats/qemu-server/config.ts';
import {isOwn} from '../../hypervisor/proxmox/hookscript/choose-hookscript.ts';

/** Sentences about settings that bear on a card and that a profile has no key for. They stay in the guest, unless the plan's own replace them. */
export const leftOutOf = ({vmid}: ProxmoxGuest, lines: readonly ConfigLine[]): readonly string[] => {
  const hookscript = valueOf(lines, 'hookscript');
  const args = valueOf(lines, 'args');
  const balloon = valueOf(lines, 'balloon');
  const cpu = parsePropertyString(valueOf(lines, 'cpu') ?? '', 'cputype')?.get('cputype') ?? 'kvm64';
  return [
    ...(args === null ? [] : [`args (${args}) stays in the guest; whether it fits the plan is not judged.`]),
    ...(hookscript === null || isOwn(hookscript, vmid)
      ? []
      : [`The hookscript ${hookscript} stays in the guest, and is neither read nor run.`]),
    ...(balloon === null || balloon === '0'
      ? []
      : [`balloon: ${balloon} becomes 0: a guest with a card has all of its memory.`]),
    ...(cpu === 'host' ? [] : [`cpu: ${cpu} becomes host.`]),
  ];
};

export const omitted = ({path}: ProxmoxGuest, omissions: readonly string[]): readonly Finding[] =>
  omissions.map((message) => ({
    code: 'import-left-out',
    severity: 'note',
    subject: path,
    message,
    remedy: 'Look at the profile before you apply it.',
  }));
