export const guestCard = '0000:41:00.0';
export const hostCard = '0000:00:01.0';

export const driverOf = (machine, address) => machine.run(`basename "$(readlink /sys/bus/pci/devices/${address}/driver)"`);

export const commandLineOf = (machine) => machine.run('cat /proc/cmdline');

/** Pages of 2 MiB on node 0 and node 1, as the kernel counts them. */
export const hugepagesOf = async (machine, count = 'nr') =>
  (await machine.run(`cat /sys/devices/system/node/node[01]/hugepages/hugepages-2048kB/${count}_hugepages`)).split('\n').map(Number);

/** Checksum, mode and owner of every file that could be managed; systemd-boot itself renews its random seed at each start. */
export const filesOf = (machine) => machine.run("places='/etc /boot'; ! mountpoint -q /boot/efi || places=\"$places /boot/efi\"; (find $places -xdev -printf '%p %y %m %u %g %l\\n'; find $places -xdev -type f ! -path /boot/efi/loader/random-seed -exec sha256sum {} +) | sort", 120);

/** The framebuffer console of the host's own card is alive and is the first one. */
export const consoleOf = (machine) => machine.run('cat /proc/fb; readlink -f /sys/class/graphics/fb0/device | xargs basename; cat /sys/class/vtconsole/vtcon*/bind | tr "\\n" " "');

export const promisesOf = async (machine) => {
  const {code, output} = await machine.tryRun('vfio-pilot verify --json', 150);
  const {promises} = JSON.parse(output);
  return {code, promises};
};

/** As a user makes it without the wizard; the card is said to have a monitor, so its loss is accepted. */
export const makeProfile = async (machine, address, options = '--guest lab --os linux --vcpus 2 --memory 512MiB') => {
  await machine.run(`vfio-pilot profile new --device ${address} ${options} --out lab.yaml && printf '\\nhost:\\n  acceptLossOf: [${address}]\\n' >> lab.yaml`, 180);
};

export const planOf = async (machine, file) => {
  const {code, output} = await machine.tryRun(`vfio-pilot plan ${file} --json`, 60);
  return {code, ...JSON.parse(output)};
};

/** Each thread of a running guest by its name, with the CPUs that the kernel lets it use. */
export const threadsOf = (machine, guest) =>
  machine.run(`for t in /proc/$(cat /run/libvirt/qemu/${guest}.pid)/task/*; do echo "$(cat $t/comm)=$(sed -n "s/^Cpus_allowed_list:\\t//p" $t/status)"; done`);

/** The kernel's account of the guest's hugepages: one line for each mapping. */
export const hugeMapsOf = (machine, guest) => machine.run(`grep -h huge /proc/$(cat /run/libvirt/qemu/${guest}.pid)/numa_maps`);
