take_pages() {
	# Pages of a start that libvirt never reported the end of.
	give_back
	: > "$state"
	for part in $wanted; do take_from "${part%:*}" "${part#*:}"; done
}

# take_from NODE COUNT
take_from() {
	count_file "$1"
	has_room "$1" $(($2 * size)) || refuse "$1" "$2" "less than that in all its free memory and file cache"
	read -r before < "$file" || before=0
	echo $((before + $2)) 2>/dev/null > "$file"
	read -r after < "$file" || after=$before
	if [ "$after" -lt $((before + $2)) ]; then
		# Memory in pieces may come together: a second try is worth it.
		echo 1 2>/dev/null > "$proc/sys/vm/compact_memory"
		echo $((before + $2)) 2>/dev/null > "$file"
		read -r after < "$file" || after=$before
	fi
	echo "$1 $((after - before))" >> "$state"
	[ "$after" -ge $((before + $2)) ] || refuse "$1" "$2" "only $((after - before)) of them in one piece each"
}

# refuse NODE COUNT REASON
refuse() {
	give_back
	say "the guest needs $2 huge pages of $size KiB on node $1, which has $3: it is not started, and the pages went back. Stop programs of the host, or set memory.allocation: boot"
	exit 1
}

# has_room NODE KIB: if asked for more, the kernel searches until the host hangs
has_room() {
	sum=0
	while read -r _ _ name kib _; do
		case $name in 'MemFree:' | 'Active(file):' | 'Inactive(file):') sum=$((sum + kib)) ;; esac
	done 2>/dev/null < "$sysfs/devices/system/node/node$1/meminfo" || return 0
	[ $sum -ge "$2" ]
}

give_back() {
	[ -e "$state" ] || return 0
	while read -r node count; do
		count_file "$node"
		read -r present < "$file" || continue
		[ "$present" -ge "$count" ] || count=$present
		echo $((present - count)) 2>/dev/null > "$file"
	done < "$state"
	rm -f "$state"
}

# count_file NODE: a kernel without NUMA counts for the machine only
count_file() {
	file="$sysfs/devices/system/node/node$1/hugepages/hugepages-${size}kB/nr_hugepages"
	[ -e "$file" ] || file="$sysfs/kernel/mm/hugepages/hugepages-${size}kB/nr_hugepages"
}
