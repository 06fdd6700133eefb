#!/bin/sh
# Runs before the kernel is installed, so that its first initramfs is already the slim one.
set -eu
root=$1 initramfs=$2 display=$3
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
if [ "$initramfs" = dracut ]; then
  mkdir -p "$root/etc/dracut.conf.d"
  cat > "$root/etc/dracut.conf.d/lab.conf" <<DRACUT
hostonly="no"
compress="zstd"
dracutmodules+=" base bash kernel-modules rootfs-block udev-rules fs-lib shutdown "
drivers+=" virtio_pci virtio_blk ext4 crc32c_generic crc32c-intel $display "
DRACUT
else
  mkdir -p "$root/etc/initramfs-tools/conf.d"
  printf 'MODULES=list\nCOMPRESS=zstd\n' > "$root/etc/initramfs-tools/conf.d/lab"
  printf 'virtio_pci\nvirtio_blk\next4\ncrc32c_generic\ncrc32c-intel\n%s\n' "$display" > "$root/etc/initramfs-tools/modules"
fi
