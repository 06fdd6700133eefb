import type {StepId} from '../wizard/state.ts';

/** What it is, and why a person meets it here: two sentences. */
const meanings = {
  'boot VGA':
    'The card on which the firmware shows the boot. It keeps a part of that picture, so a guest gets another card more easily.',
  'IOMMU group': 'The devices that the hardware cannot keep apart. They go to a guest together, or not at all.',
  driver:
    'The program of the kernel that runs a device. A card for a guest is held by vfio-pci instead, which leaves it alone.',
  'interrupt remapping':
    'The hardware checks where a device’s interrupts go. Without it a hostile guest could send one to the host.',
  core: 'A part of the processor that runs programs. A guest gets it whole, because its threads share everything inside.',
  thread: 'One of the two CPUs that most cores show to the system. Both slow each other down.',
  vCPU: 'A CPU that the guest sees. Pinned, it runs on one thread of the host only.',
  'I/O thread': 'A thread of QEMU that serves the guest’s disks. On a core of its own it does not interrupt the guest.',
  emulator: 'The rest of QEMU, which draws and answers devices. It stays off the guest’s cores.',
  'L3 cache': 'Memory inside the processor that some cores share. A guest on cores of one L3 cache is faster.',
  'NUMA node': 'Processors and the memory that is close to them. A guest should have both, and its card, on one node.',
  hugepage:
    'Memory in pieces of 2 MiB or 1 GiB instead of 4 KiB. The guest is faster, and the host cannot use them meanwhile.',
  UEFI: 'The firmware of present machines. A guest with it starts as a real one does, and can have Secure Boot.',
  TPM: 'A chip that keeps keys. Windows 11 wants one, so the host emulates it.',
  virtio:
    'Devices that are made for virtual machines and faster than copies of real ones. Windows needs drivers for them.',
  'Hyper-V features': 'What Windows knows of its own virtual machines. With them it takes less of the processor.',
  initramfs:
    'The small system that the kernel starts first. It has to hold vfio-pci, so that no other driver is earlier.',
  GRUB: 'A boot loader: it starts the kernel with arguments. Your other boot entries stay.',
  profile: 'Your choices as a YAML file. `apply` applies it again, here or on another machine.',
  trial: 'One boot with the new set-up. Without `confirm` the next boot is the old one.',
  verify: 'Compares what was promised with the machine. It only reads.',
  'roll back': 'Restores each file that was changed, to the byte. What you changed yourself afterwards is shown first.',
} as const;

export type Word = keyof typeof meanings;

const wordsOf: Readonly<Partial<Record<StepId, readonly Word[]>>> = {
  home: ['profile', 'verify', 'roll back'],
  undo: ['roll back'],
  todo: ['virtio', 'verify'],
  map: ['profile'],
  checks: ['IOMMU group', 'interrupt remapping', 'initramfs'],
  device: ['IOMMU group', 'driver', 'boot VGA'],
  lend: ['driver', 'boot VGA'],
  risks: ['interrupt remapping', 'IOMMU group'],
  cpu: ['vCPU', 'core', 'thread', 'I/O thread', 'emulator', 'L3 cache', 'NUMA node'],
  cores: ['core', 'thread', 'vCPU', 'I/O thread', 'emulator', 'L3 cache', 'NUMA node'],
  memory: ['hugepage', 'NUMA node'],
  guest: ['UEFI', 'TPM', 'virtio', 'Hyper-V features'],
  review: ['initramfs', 'GRUB', 'driver'],
  save: ['profile'],
  apply: ['trial', 'roll back'],
  next: ['verify', 'roll back', 'virtio'],
};

/** The words of a step that not everybody knows, each with its meaning. */
export const glossaryOf = (step: StepId): readonly {readonly word: Word; readonly meaning: string}[] =>
  (wordsOf[step] ?? []).map((word) => ({word, meaning: meanings[word]}));
