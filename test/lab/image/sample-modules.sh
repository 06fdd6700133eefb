#!/bin/sh
# The kernel's samples of mediated devices, mtty.ko and mbochs.ko. $1: release of Debian's kernel, $2: an empty directory.
# Packages are only unpacked: nothing is installed on this machine.
set -eu
release=$1 out=$2
version=${release%%-*}
series=${version%.*}
mkdir -p "$out/packages" "$out/tree" "$out/modules"
cd "$out/packages"
apt-get download -q "linux-headers-$release" "linux-headers-${release%-amd64}-common" "linux-kbuild-$series" "linux-source-$series"
for package in *.deb; do
	dpkg-deb -x "$package" "$out/tree"
done
headers=$out/tree/usr/src/linux-headers-$release
# They name the place where they would be installed.
sed -i "s#/usr/src/#$out/tree/usr/src/#g" "$headers/Makefile" "$headers/.kernelvariables"
tar -xJf "$out/tree/usr/src/linux-source-$series.tar.xz" -C "$out/modules" --strip-components=3 "linux-source-$series/samples/vfio-mdev"
echo 'obj-m := mtty.o mbochs.o' > "$out/modules/Makefile"
make -C "$headers" "M=$out/modules" modules
