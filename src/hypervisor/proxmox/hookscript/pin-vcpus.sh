# pin VCPU CPUS: QEMU names the thread of each vCPU, as Proxmox VE asks it to
pin() {
	for task in "$proc/$pid/task"/*; do
		read -r name 2>/dev/null < "$task/comm" || continue
		[ "$name" = "CPU $1/KVM" ] || continue
		taskset --cpu-list --pid "$2" "${task##*/}" > /dev/null && return 0
		break
	done
	say "vCPU $1 is not pinned to CPU $2"
	failed=1
}

read -r pid 2>/dev/null < "$run/qemu-server/$vmid.pid" || {
	say "the process of guest $vmid is unknown, so no vCPU is pinned"
	exit 1
}
failed=0
for part in $pins; do pin "${part%%:*}" "${part#*:}"; done
# A failure after the start is a warning of the task: the guest runs, on the cores of its affinity.
exit $failed
