/** The order in which libvirt writes children (src/conf/domain_conf.c, virDomainDefFormatInternal and below). */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const domainOrder = words(`
  name uuid genid title description metadata maxMemory memory currentMemory blkiotune memtune memoryBacking vcpu vcpus
  iothreads iothreadids defaultiothread cputune numatune resource sysinfo bootloader bootloader_args os idmap features
  cpu clock on_poweroff on_reboot on_crash on_lockfailure pm perf iommufd devices seclabel keywrap launchSecurity`);

export const memoryBackingOrder = words('hugepages nosharepages locked source access allocation discard');

export const cpuTuneOrder = words(`
  shares global_period global_quota period quota emulator_period emulator_quota iothread_period iothread_quota vcpupin
  emulatorpin iothreadpin vcpusched iothreadsched emulatorsched cachetune memorytune`);

export const numaTuneOrder = words('memory memnode');

export const cpuOrder = words('model vendor topology cache maxphysaddr feature numa');

export const featuresOrder = words(`
  acpi apic pae hap viridian privnet hyperv kvm pvspinlock capabilities pmu vmport gic smm ioapic hpt vmcoreinfo htm
  nested-hv msrs ccf-assist xen cfpc sbbc ibs tcg async-teardown`);

export const hypervOrder = words(`
  relaxed vapic spinlocks vpindex runtime synic stimer reset vendor_id frequencies reenlightenment tlbflush ipi evmcs
  avic emsr_bitmap xmm_input`);

export const devicesOrder = words(`
  emulator disk controller lease filesystem interface smartcard serial parallel console channel input tpm graphics
  sound audio video hostdev redirdev redirfilter hub watchdog memballoon rng nvram panic shmem memory crypto iommu
  vsock pstore`);

/** As libvirt 12.8 writes an interface of type `hostdev`. */
export const interfaceOrder = words(
  'mac driver source vlan virtualport bandwidth port target model teaming link mtu boot alias rom acpi address',
);

export const hostdevOrder = words('driver source teaming boot alias rom acpi address');

/** libvirt: virScaleInteger. Units are case-insensitive; a bare letter counts in 1024, `KB` in 1000. */
const exponents: Readonly<Record<string, number>> = {k: 1, m: 2, g: 3, t: 4, p: 5, e: 6};

/** Size in KiB of `<memory unit='…'>…`, whose unit is KiB when it is unknown; `null` when libvirt would refuse it. */
export const parseSizeKiB = (text: string, unit: string | null): number | null => {
  const bytesPerUnit = unitBytes((unit ?? 'KiB').toLowerCase());
  return /^\s*\d+\s*$/.test(text) && bytesPerUnit !== null ? Math.ceil((Number(text) * bytesPerUnit) / 1024) : null;
};

const unitBytes = (unit: string): number | null => {
  if (unit === 'b' || unit === 'bytes') return 1;
  const match = /^([kmgtpe])(ib|b)?$/.exec(unit);
  const exponent = exponents[match?.[1] ?? ''];
  return match === null || exponent === undefined ? null : (match[2] === 'b' ? 1000 : 1024) ** exponent;
};

/** libvirt reads PCI numbers as C does: `0x0a`, `012` (octal) and `10` are different ways to write numbers. */
export const parseCNumber = (text: string | null): number | null => {
  if (text === null) return null;
  const trimmed = text.trim();
  if (/^0x[0-9a-f]+$/i.test(trimmed)) return Number.parseInt(trimmed, 16);
  if (/^0[0-7]+$/.test(trimmed)) return Number.parseInt(trimmed, 8);
  return /^\d+$/.test(trimmed) ? Number(trimmed) : null;
};

/** libvirt: VIR_DOMAIN_CPUMASK_LEN. */
const maximumCpus = 16_384;

/** libvirt: virBitmapParse. `0-3,^2,8`; later parts win. `null` when it is malformed. */
export const parseCpuSet = (text: string): ReadonlySet<number> | null => {
  const cpus = new Set<number>();
  if (text.length > 4 * maximumCpus) return null;
  for (const part of text.split(',')) {
    const match = /^\s*(\^?)(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part);
    if (match === null || (match[1] === '^' && match[3] !== undefined)) return null;
    const first = Number(match[2]);
    const last = Number(match[3] ?? first);
    if (last >= maximumCpus) return null;
    for (let cpu = first; cpu <= last; cpu += 1) {
      if (match[1] === '^') cpus.delete(cpu);
      else cpus.add(cpu);
    }
  }
  return cpus;
};

/** Accepts another spelling of the same set. */
export const sameCpuSet =
  (cpus: readonly number[]) =>
  (text: string): boolean => {
    const present = parseCpuSet(text);
    const wanted = new Set(cpus);
    return present !== null && present.size === wanted.size && [...wanted].every((cpu) => present.has(cpu));
  };

export const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** Of an attribute or a text; `null` for anything but digits. */
export const parseWholeNumber = (text: string | null): number | null =>
  text !== null && /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : null;

/** Not Math.max(...): a call takes only so many arguments, and a captured domain may hold any number of elements. */
export const largest = (numbers: readonly number[]): number => numbers.reduce((most, one) => Math.max(most, one), 0);
