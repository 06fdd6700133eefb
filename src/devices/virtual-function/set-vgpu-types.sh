# make_all ADDRESS equal|mixed: all virtual functions of the GPU, by NVIDIA's program, as the driver refuses any other way
make_all() {
	device="$sysfs/bus/pci/devices/$1"
	wait_for_driver "$1" || return 1
	tries=5
	# It may find the GPU open by a program, and once at boot it left the GPU without a driver.
	until has_all; do
		if [ "$tries" -le 0 ]; then
			say "$1 has no virtual functions. $sriov_manage -e $1 says why"
			return 1
		fi
		tries=$((tries - 1))
		[ -e "$device/driver" ] || echo "$1" 2>/dev/null > "$sysfs/bus/pci/drivers_probe"
		"$sriov_manage" -e "$1" > /dev/null 2>&1 || sleep "$second"
	done
	if [ "$2" = mixed ] && ! has_types; then
		"$nvidia_smi" vgpu -shm 1 -i "$1" > /dev/null || say "$1 does not take vGPUs of several sizes: nvidia-smi -q says whether it can"
	fi
}

has_all() {
	[ -e "$device/driver" ] || return 1
	read -r count 2>/dev/null < "$device/sriov_numvfs" || return 1
	[ "$count" -gt 0 ]
}

has_types() {
	for file in "$device"/virtfn*/nvidia/current_vgpu_type; do
		read -r current 2>/dev/null < "$file" || continue
		[ "$current" = 0 ] || return 0
	done
	return 1
}

# set_type ADDRESS INDEX NAME: numbers differ between drivers, so that the name is looked up
set_type() {
	device="$sysfs/bus/pci/devices/$1"
	own="$device/virtfn$2/nvidia"
	until [ -e "$own/creatable_vgpu_types" ]; do
		if [ "$waited" -ge "$patience" ]; then
			say "$1/virtfn$2 takes no vGPU type after $patience seconds. Is NVIDIA's vGPU driver loaded?"
			return 1
		fi
		waited=$((waited + 1))
		sleep "$second"
	done
	read -r current < "$own/current_vgpu_type"
	id=$(id_of "$3")
	if [ "$current" != 0 ]; then
		if [ -z "$id" ] || [ "$current" = "$id" ]; then
			return 0
		fi
		say "$1/virtfn$2 has the vGPU type $current and not $3 ($id). Write 0 to $own/current_vgpu_type when no guest has it"
		return 1
	fi
	if [ -z "$id" ]; then
		say "$1/virtfn$2 can not be $3 now: see $own/creatable_vgpu_types"
		return 1
	fi
	echo "$id" 2>/dev/null > "$own/current_vgpu_type"
	read -r current < "$own/current_vgpu_type"
	[ "$current" = "$id" ] && return 0
	say "$1/virtfn$2 did not become $3 ($id). dmesg says why"
	return 1
}

id_of() {
	cat "$device"/virtfn*/nvidia/creatable_vgpu_types | awk -F: -v name="$1" '
		{ id = $1; type = $2; gsub(/^ +| +$/, "", id); gsub(/^ +| +$/, "", type) }
		type == name && id ~ /^[0-9]+$/ { print id; exit }'
}

# The program that makes virtual functions needs the driver.
wait_for_driver() {
	until [ -e "$device/driver" ]; do
		if [ "$waited" -ge "$patience" ]; then
			say "$1 has no driver after $patience seconds. Is NVIDIA's vGPU driver installed for this kernel?"
			return 1
		fi
		waited=$((waited + 1))
		sleep "$second"
	done
}
