/** Options of modules and the order in which they load; empty plans have no such file. */
export const modprobePath = '/etc/modprobe.d/vfio-pilot.conf';

/** Before 80-drivers.rules, which loads the driver that a function asks for by its modalias. */
export const udevRulesPath = '/etc/udev/rules.d/10-vfio-pilot.rules';
