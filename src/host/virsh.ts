import type {Source} from '../system/source.ts';

/** What the system's libvirt answers to a question that changes nothing; `null` when it does not answer. */
export type Virsh = (...question: readonly string[]) => string | null;

/** Asks only a daemon that answered once: each vain question costs a connection attempt. */
export const connectVirsh = (source: Source): Virsh => {
  const ask: Virsh = (...question) => source.run('virsh', ['-r', '-c', 'qemu:///system', ...question]);
  return ask('version', '--daemon') === null ? () => null : ask;
};
