#!/bin/sh
# Turns a fresh Debian tree into the lab's host. $1: the tree, $2: node, $3: the file system's UUID, $4: the boot loader, $5: how many kernels.
set -eu
root=$1 node=$2 uuid=$3 loader=$4 kernels=$5

echo "UUID=$uuid / ext4 errors=remount-ro 0 1" > "$root/etc/fstab"
echo lab > "$root/etc/hostname"
printf '127.0.0.1 localhost lab\n' > "$root/etc/hosts"
chroot "$root" passwd -d root
if [ "$kernels" = 2 ]; then
  newest=$(cd "$root/lib/modules" && ls)
  older=$(chroot "$root" apt-cache pkgnames linux-image- | grep -E '^linux-image-[0-9.]+-[0-9]+-amd64$' | grep -vxF "linux-image-$newest" | sort -V | tail -n 1)
  chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$older"
fi
rm -f "$root/usr/sbin/policy-rc.d"
install -m 755 "$node" "$root/usr/local/bin/node"

# Without panic=: what brings a machine back from a trial must be the trial's own.
# no_timer_check: next to other work an emulated timer is late, and the kernel would panic over it at its start.
options="console=tty0 console=ttyS0,115200 no_timer_check mitigations=off audit=0 apparmor=0 nokaslr cryptomgr.notests"
if [ "$loader" = grub ]; then
# GRUB's files; its boot sectors are written when the disk is put together.
mkdir -p "$root/boot/grub"
cp -r "$root/usr/lib/grub/i386-pc" "$root/boot/grub/i386-pc"
# As grub-install does.
chroot "$root" grub-editenv /boot/grub/grubenv create
cat > "$root/etc/default/grub" <<GRUB
# If you change this file, run 'update-grub' afterwards to update
# /boot/grub/grub.cfg.

GRUB_DEFAULT=0
GRUB_TIMEOUT=1
GRUB_DISTRIBUTOR=\`lsb_release -i -s 2> /dev/null || echo Debian\`
GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on"
GRUB_CMDLINE_LINUX="$options"

# Kept by hand: the lab reads along on the first serial port.
GRUB_TERMINAL=serial
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
GRUB_DISABLE_OS_PROBER=true
GRUB
else
# kernel-install reads these for the entries that it writes.
mkdir -p "$root/boot/efi" "$root/etc/kernel"
echo 'LABEL=ESP /boot/efi vfat umask=0077 0 1' >> "$root/etc/fstab"
echo "root=UUID=$uuid ro $options quiet intel_iommu=on" > "$root/etc/kernel/cmdline"
[ "$loader" = uki ] && layout=uki || layout=bls
echo "layout=$layout" > "$root/etc/kernel/install.conf"
fi

# Next to other work a device appears after minutes, and a login takes as long; systemd before 252 has only the second key.
mkdir -p "$root/etc/systemd/system.conf.d"
printf '[Manager]\nDefaultDeviceTimeoutSec=1200\nDefaultTimeoutStartSec=1200\n' > "$root/etc/systemd/system.conf.d/lab.conf"
# udev ends a worker after 180 s: on a busy machine no module of the processor was loaded then, and there was no /dev/kvm.
printf 'event_timeout=1200\n' >> "$root/etc/udev/udev.conf"
sed -i 's/^LOGIN_TIMEOUT.*/LOGIN_TIMEOUT 1200/' "$root/etc/login.defs"

mkdir -p "$root/etc/systemd/network"
printf '[Match]\nDriver=e1000e\n\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n' > "$root/etc/systemd/network/10-lab.network"
chroot "$root" systemctl enable systemd-networkd.service
chroot "$root" systemctl disable systemd-networkd-wait-online.service

# Two serial lines: the first is the person's (kernel, GRUB, login), the second takes the lab's commands.
for line in ttyS0 ttyS1; do
  mkdir -p "$root/etc/systemd/system/serial-getty@$line.service.d"
  printf '[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --noclear --nohints --keep-baud 115200 %%I xterm\n' > "$root/etc/systemd/system/serial-getty@$line.service.d/lab.conf"
done
chroot "$root" systemctl enable serial-getty@ttyS1.service
echo 'set enable-bracketed-paste off' >> "$root/etc/inputrc"
rm -f "$root/etc/motd" "$root/etc/issue"
rm -rf "$root/etc/update-motd.d"
cat > "$root/root/.bash_profile" <<'PROFILE'
case $(tty) in
  /dev/ttyS1) stty -echo; export PAGER=cat SYSTEMD_PAGER=cat TERM=dumb; PS1='' PS2='' exec bash --noprofile --norc --noediting ;;
  *) stty rows 24 cols 80; PS1='lab# '; export PS1 ;;
esac
PROFILE
: > "$root/root/.bashrc"

# What an emulated machine would spend seconds on and no scenario looks at.
for unit in e2scrub_reap.service e2scrub_all.timer fstrim.timer apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
  libvirt-guests.service getty@tty1.service systemd-update-utmp.service systemd-update-utmp-runlevel.service keyboard-setup.service \
  console-setup.service systemd-rfkill.socket systemd-random-seed.service systemd-pstore.service grub-common.service \
  systemd-networkd-wait-online.service systemd-boot-system-token.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
# libvirtd starts at its first use, through its socket.
chroot "$root" systemctl disable libvirtd.service
chroot "$root" systemctl enable libvirtd.socket libvirtd-ro.socket virtlogd.socket
# From Debian 13 on a package of its own, which nothing needs.
[ ! -e "$root/lib/systemd/system/virtlockd.socket" ] || chroot "$root" systemctl enable virtlockd.socket
# The network that new guests are given: isolated, as NAT wants dnsmasq and a firewall, and started with libvirtd.
mkdir -p "$root/etc/libvirt/qemu/networks/autostart"
echo '<network><name>default</name><uuid>62dd1a43-06cd-434d-8383-0878955f85ee</uuid><bridge name="virbr0"/></network>' > "$root/etc/libvirt/qemu/networks/default.xml"
ln -sf ../default.xml "$root/etc/libvirt/qemu/networks/autostart/default.xml"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
