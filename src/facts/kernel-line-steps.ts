import {listWords} from '../words/list-words.ts';
import type {HostFacts} from './host-facts.ts';
import type {PackageManager} from './packages.ts';

type Host = Pick<HostFacts, 'packageManager'> & {readonly boot: Pick<HostFacts['boot'], 'loader'>};

/** What makes grub.cfg from /etc/default/grub. */
const remakes: Readonly<Partial<Record<PackageManager, string>>> = {
  apt: 'update-grub',
  dnf: 'grub2-mkconfig -o /boot/grub2/grub.cfg',
  zypper: 'grub2-mkconfig -o /boot/grub2/grub.cfg',
  pacman: 'grub-mkconfig -o /boot/grub/grub.cfg',
};

/** Tools that edit the entries themselves. */
const tools: Readonly<Record<string, {readonly add: string; readonly remove: string}>> = {
  'grub-bls': {add: 'grubby --update-kernel=ALL --args=', remove: 'grubby --update-kernel=ALL --remove-args='},
  'rpm-ostree': {add: 'rpm-ostree kargs --append-if-missing=', remove: 'rpm-ostree kargs --delete-if-present='},
  kernelstub: {add: 'kernelstub -a ', remove: 'kernelstub -d '},
};

/**
 * How a person changes the kernel command line, where that has to come before the first plan: up to the reboot, without a
 * full stop. `from`: the file that has the argument, where one was read.
 */
export const kernelLineSteps = (
  {boot: {loader}, packageManager}: Host,
  verb: 'add' | 'remove',
  words: readonly string[],
  from: string | null = null,
): string => {
  const what = listWords(words);
  const tool = loader === null ? undefined : tools[loader];
  if (tool !== undefined)
    return `${verb === 'add' ? `Add ${what}` : `Take ${what} out`} (as root: ${words.map((word) => `\`${tool[verb]}${word}\``).join(', ')})`;
  const remake =
    loader === 'grub' && packageManager !== null
      ? remakes[packageManager]
      : loader === 'proxmox-boot-tool'
        ? 'proxmox-boot-tool refresh'
        : undefined;
  const place = loader === 'grub' ? '/etc/default/grub' : loader === 'proxmox-boot-tool' ? '/etc/kernel/cmdline' : from;
  const where =
    verb === 'add'
      ? `Add ${what} ${place === null ? 'where the boot loader is configured' : `to ${loader === 'grub' ? 'GRUB_CMDLINE_LINUX_DEFAULT in ' : 'the line in '}${place}`}`
      : `Take ${what} out ${place === null ? 'where the boot loader is configured' : `of ${from ?? place}`}`;
  return remake === undefined ? where : `${where}, run \`${remake}\` as root`;
};
