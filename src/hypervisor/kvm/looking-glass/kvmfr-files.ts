import {joinRendered, judgeReadable, ownHeader, type Rendered, renderOwned} from '../../../artifacts/rendered.ts';
import {type FileTable, keeps} from '../../../facts/file-table.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {Finding} from '../../../findings/finding.ts';
import type {KvmPlan} from '../kvm-plan.ts';
import {restartDaemon} from '../restart-daemon.ts';
import {appArmorFiles, renderAppArmor} from './app-armor.ts';
import {type DeviceListText, editDeviceList} from './device-list.ts';
import {kvmfrLoadPath, kvmfrModprobePath, kvmfrRulesPath} from './kvmfr-paths.ts';
import {kvmfrPath} from './qemu-arguments.ts';
import {listWords} from '../../../words/list-words.ts';

const qemuConf = '/etc/libvirt/qemu.conf';

/** qemu.conf and what modprobe and udev read are kept for others as well. */
export const kvmfrFiles: FileTable = [...appArmorFiles, keeps('/etc/udev/rules.d', '*kvmfr*')];

/** LookingGlass: doc/ivshmem_kvmfr.rst */
const rule = 'SUBSYSTEM=="kvmfr", GROUP="kvm", MODE="0660", TAG+="uaccess"\n';

/** What makes the devices of kvmfr at each boot, and lets QEMU and the client open them. */
export const renderKvmfr = (facts: HostFacts, {profile, guest: {kvmfr}}: KvmPlan): Rendered => {
  if (kvmfr === null || facts.boot.support.isDeclarative) return {artifacts: [], findings: []};
  const {sizesMiB, sizedBy} = kvmfr;
  const devices = sizesMiB.map((_, device) => kvmfrPath(device));
  const isWanted = devices.length > 0;
  const owned = (path: string, text: string | null, why: string): Rendered =>
    renderOwned(facts, path, text === null ? '' : `${ownHeader('#', profile)}${text}`, 0o644, why);
  return joinRendered([
    owned(
      kvmfrModprobePath,
      isWanted && sizedBy === null ? `options kvmfr static_size_mb=${sizesMiB.join(',')}\n` : null,
      `The sizes of ${listWords(devices)}, in MiB, which the module takes when it is loaded.`,
    ),
    owned(
      kvmfrLoadPath,
      isWanted ? 'kvmfr\n' : null,
      'The module is loaded at each boot, before libvirt starts guests.',
    ),
    owned(
      kvmfrRulesPath,
      isWanted ? rule : null,
      'The devices are for QEMU (the group kvm) and for who sits at this machine.',
    ),
    renderAppArmor(facts, devices, profile),
    renderDeviceList(facts, devices, profile),
  ]);
};

const renderDeviceList = (facts: HostFacts, devices: readonly string[], profile: string): Rendered => {
  const file = facts.files[qemuConf];
  if (file === undefined && devices.length === 0) return {artifacts: [], findings: []};
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const edited = editDeviceList(file?.text ?? '', devices, profile);
  if (!edited.ok) return {artifacts: [], findings: [notEditable(edited.reason, devices)]};
  const why = `QEMU may open ${listWords(devices)} too: libvirt closes every device to it that is not in this list.`;
  return {
    artifacts: [
      {
        kind: 'file',
        path: qemuConf,
        text: edited.text,
        encoding: file?.encoding ?? 'utf8',
        mode: 0o600,
        placing: 'first',
        by: 'writer',
        why: [devices.length === 0 ? 'No guest needs a device of kvmfr any more.' : why],
      },
      ...restartDaemon(facts, [qemuConf], 'libvirt reads qemu.conf when it starts; guests go on running.'),
    ],
    findings: [],
  };
};

type Reason = Extract<DeviceListText, {readonly ok: false}>['reason'];

const problems: Readonly<Record<Reason, string>> = {
  marks: 'the marks of vfio-pilot in it are damaged',
  'not-a-list': 'cgroup_device_acl is no plain list of paths there',
  twice: 'it sets cgroup_device_acl more than once',
  'no-default': 'it has no cgroup_device_acl, not even as a comment, so the default of this libvirt is unknown',
};

const notEditable = (reason: Reason, devices: readonly string[]): Finding => ({
  code: 'looking-glass-device-list',
  severity: 'blocker',
  subject: qemuConf,
  message: `${qemuConf} needs ${devices.map((device) => `"${device}"`).join(', ')} in cgroup_device_acl, and ${problems[reason]}.`,
  remedy:
    reason === 'no-default'
      ? `Put back the file of libvirt's package, or add the list by hand with all that your version lists. guest.lookingGlass.memory: shm needs none.`
      : `Correct ${qemuConf} by hand, then plan again. guest.lookingGlass.memory: shm needs no such list.`,
});
