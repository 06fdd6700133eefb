import {absent, hasOwnHeader, ownHeader, type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import type {Artifact, CommandArtifact} from '../../artifacts/artifact.ts';
import {type FileTable, keeps} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {AssignedUsbDevice, Plan} from '../../plan/plan.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {ownScript, scriptDirectory} from '../boot-unit.ts';
import {unitNamePart} from '../unit-name.ts';
import functions from './plug-usb.sh';

/** The rule itself is among the files that are read anyway. */
export const pluggingFiles: FileTable = [keeps(scriptDirectory, 'usb-*')];

/** Each guest has files of its own. */
export const pluggingPaths = (guest: string): {readonly script: string; readonly rule: string} => ({
  script: `${scriptDirectory}/usb-${unitNamePart(guest)}`,
  rule: `/etc/udev/rules.d/90-vfio-pilot-usb-${unitNamePart(guest)}.rules`,
});

/** udev ends what runs long, and a call to libvirt may wait: so PID 1 starts it. */
export const plugCommand = (guest: string): string =>
  `/usr/bin/systemd-run --no-block --collect --quiet /bin/sh ${pluggingPaths(guest).script}`;

/** A rule that has the script run whenever such a device comes or goes, and the script, which compares and mends. */
export const renderPlugging = (facts: HostFacts, plan: Plan): Rendered => {
  const devices = plan.devices.flatMap(({assigned}) =>
    assigned.type === 'usb' && !assigned.isNative ? [assigned] : [],
  );
  const {script, rule} = pluggingPaths(plan.guest.name);
  if (devices.length === 0)
    return hasOwnHeader(facts.files[rule])
      ? {artifacts: [absent(rule), absent(script), reload(rule)], findings: []}
      : {artifacts: [], findings: []};
  const files = [
    renderOwned(facts, script, scriptText(plan, devices), 0o755, 'Gives the running guest what is plugged in.'),
    renderOwned(facts, rule, ruleText(plan, devices), 0o644, 'Has it run when one of the devices comes or goes.'),
  ];
  const findings = files.flatMap((file) => file.findings);
  if (findings.length > 0) return {artifacts: [], findings};
  return {artifacts: [...files.flatMap(({artifacts}): readonly Artifact[] => artifacts), reload(rule)], findings};
};

const reload = (rule: string): CommandArtifact => ({
  kind: 'command',
  argv: ['/usr/bin/udevadm', 'control', '--reload'],
  undo: ['/usr/bin/udevadm', 'control', '--reload'],
  triggers: [rule],
  timeoutSeconds: 60,
  why: ['udev reads changed rules at once.'],
});

/**
 * The kernel sends vendor and product with both events, without leading zeros (drivers/usb/core/driver.c, usb_uevent);
 * attributes can be read of a device that comes only.
 */
const ruleText = ({profile, guest}: Plan, devices: readonly AssignedUsbDevice[]): string =>
  `${ownHeader('#', profile)}${[...new Set(devices.map(({id}) => id))]
    .map((id) => {
      const [vendor, product] = id.split(':').map((digits) => Number.parseInt(digits, 16).toString(16));
      return `ACTION=="add|remove", SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ENV{PRODUCT}=="${vendor}/${product}/*", RUN+="${plugCommand(guest.name)}"\n`;
    })
    .join('')}`;

const scriptText = ({profile, guest}: Plan, devices: readonly AssignedUsbDevice[]): string => {
  const unit = unitNamePart(guest.name);
  return ownScript(profile, {
    remark: 'Each event starts it once; one runs at a time and looks at everything.',
    variables: [
      "virsh='virsh -c qemu:///system'",
      `guest=${quoteForShell(guest.name)}`,
      `pidfile=${quoteForShell(`${guest.name}.pid`)}`,
      `unit=${unit}`,
    ],
    functions,
    lock: `usb-${unit}`,
    calls: ['open_state || exit 0', 'unplug_gone', ...devices.map(({id, port}) => `plug ${id} ${port ?? 'any'}`)],
  });
};
