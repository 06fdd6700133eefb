#!/bin/sh
# What the owner of the host has set up for Xen, in its first boot, without Xen.
set -eu

# In Debian's own file, in the places that it names. The emulator needs of Xen that it shares no page table of an emulated
# SVM processor with the IOMMU, loads no microcode and hardens no branches.
sed -i \
  -e 's/^#GRUB_CMDLINE_XEN_DEFAULT=.*/GRUB_CMDLINE_XEN_DEFAULT="loglvl=info"/' \
  -e 's/^#GRUB_CMDLINE_XEN=.*/GRUB_CMDLINE_XEN="com1=115200,8n1 console=com1 iommu=verbose,force,no-sharept ucode=no-scan spec-ctrl=no"/' \
  -e 's/^#GRUB_CMDLINE_LINUX_XEN_REPLACE=.*/GRUB_CMDLINE_LINUX_XEN_REPLACE="console=tty0 console=hvc0 mitigations=off audit=0 apparmor=0 nokaslr cryptomgr.notests"/' \
  -e 's/^#XEN_OVERRIDE_GRUB_DEFAULT=.*/XEN_OVERRIDE_GRUB_DEFAULT=1/' \
  /etc/default/grub.d/xen.cfg
[ "$(grep -c '^[GX]' /etc/default/grub.d/xen.cfg)" = 4 ]

# The lab's core image of GRUB has no gzio, and the entries with Xen do not load it for xen-4.17-amd64.gz.
echo 'insmod gzio' >> /etc/grub.d/40_custom

# A start of a program takes long in an emulated dom0, as each system call goes through Xen. So nothing is
# made that no scenario looks at: entries for an image of Xen that a BIOS does not start, a theme, a search for other systems.
rm /boot/xen-*.efi
chmod -x /etc/grub.d/05_debian_theme /etc/grub.d/30_os-prober /etc/grub.d/30_uefi-firmware /etc/grub.d/41_custom

# The first serial line is Xen's then, which shows the console of dom0 on it.
mkdir -p /etc/systemd/system/serial-getty@hvc0.service.d
cp /etc/systemd/system/serial-getty@ttyS0.service.d/lab.conf /etc/systemd/system/serial-getty@hvc0.service.d/lab.conf

# libvirt is there, as on many hosts, and has no guest. Its bridge would come and go with it; and it completes its own
# configuration at its first start.
rm /etc/libvirt/qemu/networks/autostart/default.xml
virsh list >/dev/null
update-grub
sync
