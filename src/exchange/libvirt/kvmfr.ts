import {attributeOf, elementsAt, type XmlElement} from '../../formats/xml/document.ts';
import {commandLinesOf, type KvmfrMemory, kvmfrMemories} from '../../hypervisor/kvm/looking-glass/qemu-arguments.ts';

/** A device of kvmfr as a profile can say it: the only memory of Looking Glass, with its PCI device, of whole MiB. */
export const importedKvmfr = (root: XmlElement): (KvmfrMemory & {readonly sizeMiB: number}) | null => {
  const [memory, second] = kvmfrMemories(root);
  if (elementsAt(root, 'devices/shmem').some((one) => attributeOf(one, 'name') === 'looking-glass')) return null;
  if (memory === undefined || second !== undefined || !memory.hasDevice || memory.bytes === null) return null;
  const sizeMiB = memory.bytes / (1024 * 1024);
  return Number.isInteger(sizeMiB) && sizeMiB > 0 ? {...memory, sizeMiB} : null;
};

/** Whether arguments of QEMU say nothing else. */
export const isOnlyKvmfr = (root: XmlElement, commandLine: XmlElement): boolean => {
  const memory = importedKvmfr(root);
  return (
    memory !== null &&
    commandLinesOf(root).includes(commandLine) &&
    commandLine.children.every((child) => memory.all.includes(child))
  );
};
