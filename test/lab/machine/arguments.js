/**
 * The emulated host: VT-d with interrupt remapping, two NUMA nodes, and
 *   00:01.0  the host's own display, id 1234:1111
 *   01:00.0  the only NIC, e1000e, behind a port of its own
 *   00:03.0  the disk, virtio
 *   41:00.0  on node 1, behind a port of its own: the guest's display, the same id 1234:1111
 *   b.0, b.1 two ports without ACS: a third display and a USB controller in one dirty group
 * The address of the guest's card moves with `guestBus`; with `vars`, a file for its variables, the firmware is UEFI.
 */
export const machineArguments = ({disk, share, vars, guestBus = 64, cpu = 'EPYC,+svm,+npt,+x2apic,+topoext', smp = '6,sockets=3,cores=2,threads=1', node0Cpus = '0-1', node1Cpus = '2-5'}) => [
  '-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'q35,kernel-irqchip=split', '-accel', 'tcg,thread=multi',
  '-cpu', cpu, '-smp', smp, '-m', '4608M', '-rtc', 'base=utc',
  '-object', 'memory-backend-ram,id=m0,size=2048M', '-object', 'memory-backend-ram,id=m1,size=2560M',
  '-numa', `node,nodeid=0,memdev=m0,${cpuOptions(node0Cpus)}`, '-numa', `node,nodeid=1,memdev=m1,${cpuOptions(node1Cpus)}`,
  ...(vars === undefined ? [] : ['-drive', 'if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd', '-drive', `if=pflash,format=qcow2,unit=1,file=${vars}`]),
  '-device', 'intel-iommu,intremap=on,caching-mode=on,device-iotlb=on',
  '-device', 'VGA,bus=pcie.0,addr=1',
  '-device', 'pcie-root-port,id=nicport,bus=pcie.0,addr=2,chassis=1', '-netdev', 'user,id=net,restrict=on', '-device', 'e1000e,netdev=net,bus=nicport',
  '-drive', `if=none,id=disk,file=${disk},format=qcow2,cache=writeback`, '-device', 'virtio-blk-pci,drive=disk,bus=pcie.0,addr=3',
  '-device', `pxb-pcie,id=far,bus=pcie.0,bus_nr=${guestBus},numa_node=1,addr=4`, '-device', 'pcie-root-port,id=guestport,bus=far,chassis=2', '-device', 'bochs-display,bus=guestport',
  '-device', 'pcie-root-port,id=dirty0,bus=pcie.0,addr=b.0,multifunction=on,chassis=3,disable-acs=on', '-device', 'bochs-display,bus=dirty0',
  '-device', 'pcie-root-port,id=dirty1,bus=pcie.0,addr=b.1,chassis=4,disable-acs=on', '-device', 'qemu-xhci,bus=dirty1',
  '-fsdev', `local,id=share,path=${share},security_model=none`, '-device', 'virtio-9p-pci,fsdev=share,mount_tag=share,bus=pcie.0,addr=c',
];

const cpuOptions = (ranges) => ranges.split(',').map((range) => `cpus=${range}`).join(',');
