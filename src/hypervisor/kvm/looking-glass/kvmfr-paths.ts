/** Options of the module. It has no other file of ours with options, as only one line with its sizes counts. */
export const kvmfrModprobePath = '/etc/modprobe.d/vfio-pilot-kvmfr.conf';
export const kvmfrLoadPath = '/etc/modules-load.d/vfio-pilot-kvmfr.conf';
/** The name sorts before 73-seat-late.rules of systemd, which gives who sits at the machine what is tagged so. */
export const kvmfrRulesPath = '/etc/udev/rules.d/70-vfio-pilot-kvmfr.rules';
