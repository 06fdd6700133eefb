/** A host tree that shows a failure mode: what is chosen on it, and a line that the program then has to say. */
export type HostEvidence = {
  readonly number: number;
  readonly host: string;
  readonly devices: readonly string[];
  readonly binding?: 'address' | 'ids' | 'libvirt';
  /** Of the lines that `describePlan` makes of findings, checks and decisions. */
  readonly says: RegExp;
};

export const hostEvidence: readonly HostEvidence[] = [
  {number: 1, host: 'two-identical-cards', devices: ['0000:0a:00.0'], says: /^blocker device-drives-console .*DP-1/m},
  {number: 1, host: 'laptop-optimus', devices: ['0000:00:02.0'], says: /^blocker device-drives-console .*eDP-1/m},
  {number: 2, host: 'two-identical-cards', devices: ['0000:0b:00.0'], says: /^note device-twin .*0000:0a:00\.0/m},
  {number: 2, host: 'two-identical-cards', devices: ['0000:0b:00.0'], binding: 'ids', says: /^blocker binding-ids-ambiguous .*0000:0a:00\.0/m},
  {number: 3, host: 'asus-p8h67m-gtx750', devices: ['0000:00:1f.2'], says: /^blocker device-needed-by-host .*\/ is on sda1/m},
  {number: 3, host: 'laptop-optimus', devices: ['0000:03:00.0'], says: /^blocker device-needed-by-host .*LVM volume .* → LUKS .* → nvme0n1p3/m},
  {number: 4, host: 'asus-p8h67m-gtx750', devices: ['0000:00:1f.2'], says: /^blocker iommu-group-shared .*0000:00:1f\.3/m},
  {number: 6, host: 'dell-r710-gtx1050-debian12', devices: ['0000:06:00.0'], says: /^modules vfio_pci vfio vfio_iommu_type1 vfio_virqfd$/m},
  {number: 6, host: 'ryzen-two-cards', devices: ['0000:0a:00.0'], says: /^modules vfio_pci vfio vfio_iommu_type1$/m},
  {number: 8, host: 'ryzen-two-cards', devices: ['0000:0a:00.0'], says: /^softdeps nouveau snd_hda_intel xhci_pci i2c_nvidia_gpu$/m},
  {number: 9, host: 'dell-r710-gtx1050', devices: ['0000:06:00.0'], binding: 'ids', says: /^argument vfio-pci\.ids=10de:1c81,10de:0fb9 because vfio-pci is built into this kernel/m},
  {number: 14, host: 'two-identical-cards', devices: ['0000:0b:00.0'], says: /^\+GRUB_CMDLINE_LINUX_DEFAULT="quiet nouveau\.config=NvGspRm=0 .*"   # see the wiki$/m},
  {number: 20, host: 'dell-r710-gtx1050', devices: ['0000:06:00.0'], says: /^note memory-release-unit /m},
  {number: 21, host: 'dell-r710-gtx1050', devices: ['0000:06:00.0'], says: /^decision cpu\.pins: 2\+14, 4\+16, 6\+18, 8\+20 because .*siblings as the kernel lists them/m},
  {number: 23, host: 'laptop-optimus', devices: ['0000:01:00.0'], says: /^decision guest\.hideHypervisor: hidden .*mobile GPU/m},
  {number: 24, host: 'ryzen-two-cards', devices: ['0000:0b:00.0'], says: /^warning device-reset-fragile .*AMD Polaris/m},
  {number: 27, host: 'two-identical-cards', devices: ['0000:0b:00.0'], says: /^check above-4g .*0000:0b:00\.0 can take BAR1/m},
  {number: 32, host: 'dell-r710-gtx1050', devices: ['0000:06:00.0'], says: /^blocker interrupt-remapping-missing /m},
  {number: 34, host: 'ryzen-two-cards', devices: ['0000:0a:00.0'], binding: 'libvirt', says: /^warning device-held-by-driver .*from nouveau/m},
  {number: 45, host: 'asus-p8h67m-gtx750', devices: ['0000:01:00.0'], says: /^check iommu-firmware .*DMAR/m},
];
