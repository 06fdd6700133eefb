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

export const hostdevOrder = words('driver source teaming boot alias rom acpi address');
