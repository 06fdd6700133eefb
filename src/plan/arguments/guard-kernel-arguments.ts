import type {PlanContext} from '../context.ts';
import type {KernelArgument} from '../plan.ts';

/**
 * What decides whether the machine comes up, who may log in, and what is logged: never for a profile to say (kernel:
 * admin-guide/kernel-parameters.rst; systemd: kernel-command-line(7); dracut.cmdline(7); initramfs-tools(7)).
 */
const guarded: readonly (readonly [RegExp, string])[] = [
  [/^(?:init|rdinit|initrd|noinitrd|reset_devices)$/, 'it decides which program starts the system'],
  [
    /^(?:root|rootfstype|rootflags|rootdelay|rootwait|ro|rw|resume|resume_offset|nfsroot|nfsaddrs|ip|boot|cryptdevice|luks|zfs|bootdev)$/,
    'it decides where the system lies',
  ],
  [/^(?:systemd|rd|dracut|luks|udev)\./, 'it steers what starts the system'],
  [/^(?:module_blacklist|modprobe\.blacklist|initcall_blacklist)$/, 'it can keep storage and network from the host'],
  [
    /^(?:efi|efi_.*|acpi|pci|noapic|nolapic|nosmp|maxcpus|nr_cpus|mem|memmap)$/,
    'it can keep the machine from starting',
  ],
  [
    /^(?:selinux|enforcing|apparmor|security|lsm|lockdown|mitigations|nokaslr|nosmep|nosmap|nopti|module\.sig_enforce|ima_.*|audit)$/,
    'it weakens the protection of the host',
  ],
  [
    /^(?:break|debug|single|emergency|rescue|s|[1-5]|panic|oops|crashkernel|kgdb.*|console|earlycon|earlyprintk)$/,
    'it can open a shell or keep messages back',
  ],
  [/^(?:pcie_acs_override|nomodeset|amd_iommu)$/, 'it is never set by this program'],
];

const alphabet = /^[A-Za-z0-9_.:=,@/+%-]+$/;
/** Its elements are in parentheses, which neither GRUB nor a shell reads in the quotes that we write (kernel: xen-pciback/pci_stub.c). */
const hideList = /^xen-pciback\.hide=(?:\([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\))+$/;

/** Why the argument must not get onto the command line; `null` when it may. The kernel reads `-` and `_` in a name alike. */
export const whyGuarded = (argument: string): string | null => {
  if (argument.startsWith('-')) return 'what follows `--` goes to the first program of the system';
  if (!alphabet.test(argument) && !hideList.test(argument))
    return 'it holds characters that a boot loader or shell reads as its own';
  const key = (argument.split('=', 1)[0] ?? '').replaceAll('-', '_').toLowerCase();
  return guarded.find(([pattern]) => pattern.test(key))?.[1] ?? null;
};

/** Whatever way it came: a guarded argument blocks the plan and is not in it. */
export const withoutGuarded = (context: PlanContext, wanted: readonly KernelArgument[]): readonly KernelArgument[] =>
  wanted.filter(({text}) => {
    const reason = whyGuarded(text);
    if (reason === null) return true;
    context.report('blocker', 'kernel-argument-guarded', {
      subject: 'kernelArguments',
      message: `The kernel argument ${text} can't be set from here: ${reason}.`,
      remedy: 'If you need it, add it to the boot loader’s configuration by hand.',
    });
    return false;
  });
