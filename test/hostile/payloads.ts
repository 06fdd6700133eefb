/** Arguments that a profile must never set, as the kernel and the first programs after it read them. */
export const guardedArguments = [
  'init=/bin/sh', 'rdinit=/bin/sh', 'root=/dev/sdz', 'rootflags=noexec', 'initrd=/x', 'noinitrd', 'resume=/dev/x', 'ro', 'rw', 'ip=dhcp', 'nfsroot=1.2.3.4:/x',
  'systemd.unit=rescue.target', 'systemd.mask=sshd.service', 'systemd.debug_shell=1', 'systemd.run=/bin/sh', 'rd.break', 'rd.driver.blacklist=nvme', 'rd.emergency=reboot', 'rd.shell', 'dracut.x=1', 'luks.name=x', 'udev.log_level=x',
  'module_blacklist=ahci', 'module-blacklist=nvme,e1000e', 'modprobe.blacklist=igb', 'initcall_blacklist=ahci_init', 'MODULE_BLACKLIST=ahci',
  'efi=noruntime', 'acpi=off', 'pci=off', 'maxcpus=1', 'mem=64M', 'memmap=1G!1G', 'nosmp', 'noapic',
  'selinux=0', 'enforcing=0', 'apparmor=0', 'lsm=', 'mitigations=off', 'nokaslr', 'module.sig_enforce=0', 'audit=0', 'security=none', 'lockdown=none',
  'single', 'emergency', 'rescue', 's', 'S', '1', 'break=premount', 'debug', 'panic=1', 'console=ttyS0', 'pcie_acs_override=downstream', 'amd_iommu=on', 'nomodeset', '--', '-- init', '--init=/bin/sh',
] as const;

const esc = '\u001b';

/** What strangers write where a name, a path or a number belongs. */
export const payloads: readonly string[] = [
  // Shell
  '"; id > /x; "', "'; id > /x; '", '`id > /x`', '$(id > /x)', '${IFS}id', '$IFS', '&& id', '|| id', '| id', '; id', '> /etc/passwd', '< /etc/shadow', 'a\nid', 'a\r\nid', '\\', 'a\\', '*', '~root', '!!', '#', 'a #b', '-rf', '--help', "$'\\x41'", '\u0000', 'a\u0000b', '%s%n', '%n', '{a,b}', '[a-z]', '(id)', 'x=y', 'PATH=/x',
  // Kernel command line, modprobe.d, units
  ...guardedArguments,
  'quiet init=/bin/sh', '\ninstall vfio-pci /bin/sh -c id', '\nalias snd_hda_intel x', 'vfio-pci /bin/sh', '\nExecStart=/bin/sh', '%h', '%%', '%i', '\n[Service]\nExecStart=/bin/sh', '$MAINPID', '\\x2f',
  // XML
  '</name><qemu:commandline>', '<!-- ', ' -->', '<![CDATA[x]]>', '&lt;', '&x;', '&#0;', '&#x1b;', '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/shadow">]>', '" type="block', "' onload='x", ']]>', '<?x y?>', '<emulator>/bin/sh</emulator>', "x'/><disk device='lun'/><x y='",
  // Paths
  '../../etc/cron.d/x', '/etc/../etc/shadow', '/..', '/.', '//', '/dev/sda', '/proc/self/mem', '/etc/shadow', '/a,script=/bin/sh', '/a,readonly=off', 'file:/etc/shadow', 'nbd:1.2.3.4:10809', '/a\nb', `/${'a'.repeat(5000)}`, '/%2e%2e/x', '\\\\host\\share', '/a/./b', '/a b', '/ü',
  // Terminal and Unicode
  `${esc}[2J`, `${esc}]52;c;aWQ=\u0007`, `${esc}]0;title\u0007`, `${esc}P1$r0m${esc}\\`, '\u009b2J', '\u009d0;x\u009c', '\u0007', '\b\b\b', '\u202Egpj.exe', '\u2066x\u2069', '\u200b', '\ufeff', '\u2028', '\u0085', '\ud800', '\u{e0041}', 'А', 'ＡＢ', 'e\u0301', '🂡', '\u007f', '\t', '\v',
  // YAML and prototypes
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'null', '~', 'true', 'NaN', '.inf', '1e999', '-0', '0x10', '0o17', '99999999999999999999', '-1', '1.5', '1_000', '12:30', '2026-01-01', '!!js/function x', '!!python/object:x', '&a', '*a', '<<', '? x', '- x', '{a: b}', '[a]', '|', '>', '@', '', ' ', '  x', 'x  ', ':', 'a: b', '"', "'",
  'A'.repeat(64), 'A'.repeat(70_000),
];
