import {describeTaken} from '../../describe-taken.ts';
import type {Artifact} from '../../../artifacts/artifact.ts';
import {judgeReadable, oneLine, type Rendered} from '../../../artifacts/rendered.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {Finding} from '../../../findings/finding.ts';
import {editXlConfig} from '../../../formats/xl-config/edit.ts';
import {parseXlConfig, xlListOf, type XlSetting, xlValueOf} from '../../../formats/xl-config/parse.ts';
import type {Plan} from '../../../plan/plan.ts';
import {type XenPlan, xenPlanOf} from '../xen-facts.ts';
import {settingsOfNewGuest, settingsOfPlan} from './settings-of-plan.ts';

/** The guest's file: single settings of the one that is there, or a new one. */
export const renderXenGuest = (facts: HostFacts, planned: Plan): Rendered => {
  const plan = xenPlanOf(planned);
  const {path, isNew, name} = plan.guest;
  const file = facts.files[path];
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const present = file?.text ?? null;
  if (present === null && !isNew) return {artifacts: [], findings: []};
  const config = parseXlConfig(present ?? '');
  const settings = config.ok ? config.settings : [];
  const edited = editXlConfig(
    present ??
      `# Guest ${oneLine(name)}, made by vfio-pilot from profile ${oneLine(plan.profile)}. xl.cfg(5) describes the settings.\n`,
    new Map([...(present === null ? settingsOfNewGuest(plan) : []), ...settingsOfPlan(plan, settings)]),
  );
  if (!edited.ok) return {artifacts: [], findings: [notEditable(path, present ?? '', edited)]};
  return {
    artifacts: [guestFile(plan, edited.text, file?.encoding ?? 'utf8')],
    findings: present === null ? [] : [...judgeReplaced(plan, settings), ...judgeUsb(plan, settings)],
  };
};

/** Root only, as a guest's file may hold a password of its display. */
const guestFile = (plan: XenPlan, text: string, encoding: 'utf8' | 'latin1'): Artifact => ({
  kind: 'file',
  path: plan.guest.path,
  text,
  encoding,
  mode: 0o600,
  placing: 'first',
  by: 'writer',
  why: [
    describeTaken(plan.devices.map(({address, name}) => address ?? name ?? 'a device')),
    `${plan.guest.vcpus} vCPUs${plan.pinning.vcpus.length === 0 ? '' : ', each on a CPU of its own, and the memory near them'}`,
  ],
});

const notEditable = (
  path: string,
  text: string,
  {offset, reason}: {readonly offset: number; readonly reason: string},
): Finding => {
  const before = text.slice(0, offset);
  const at = {file: path, line: before.split('\n').length, column: offset - before.lastIndexOf('\n')};
  return {
    code: 'guest-xml-unusable',
    severity: 'blocker',
    subject: path,
    at,
    message: `This file can't be edited safely: ${reason}.`,
    remedy: 'Correct that line, then run the command again.',
  };
};

/** Settings that mean something else than they look like. */
const judgeReplaced = ({guest, pinning}: XenPlan, settings: readonly XlSetting[]): readonly Finding[] => {
  const replaced = (name: string, message: string): Finding => ({
    code: 'guest-setting-replaced',
    severity: 'note',
    subject: guest.path,
    message,
    remedy: `Nothing to do: the plan writes ${name} as a list.`,
  });
  return [
    ...(typeof xlValueOf(settings, 'pci') === 'string'
      ? [
          replaced(
            'pci',
            `${guest.path} has pci as a text and not as a list: xl only warns, and starts the guest without its card.`,
          ),
        ]
      : []),
    ...(xlValueOf(settings, 'cpus') !== null && xlListOf(settings, 'cpus') === null
      ? [replaced('cpus', `${guest.path} has cpus as one text, which lets all vCPUs float over the set.`)]
      : []),
    ...(pinning.vcpus.length > 0 && xlValueOf(settings, 'cpus_soft') !== null
      ? [
          replaced(
            'cpus_soft',
            `${guest.path} has cpus_soft: the memory of the guest comes from the nodes of the CPUs that are in both lists.`,
          ),
        ]
      : []),
  ];
};

/** Seen with QEMU 7.2: "usbdevice parameters are not supported anymore", and the device model does not start. */
const judgeUsb = ({guest}: XenPlan, settings: readonly XlSetting[]): readonly Finding[] => {
  const value = xlValueOf(settings, 'usbdevice');
  const named = (typeof value === 'string' ? [value] : (xlListOf(settings, 'usbdevice') ?? [])).find((one) =>
    one.startsWith('host:'),
  );
  return named === undefined
    ? []
    : [
        {
          code: 'guest-setting-replaced',
          severity: 'warning',
          subject: guest.path,
          message: `${guest.path} has usbdevice with ${named}, which QEMU no longer accepts: the guest would not start.`,
          remedy: 'Take it out, and give the guest the whole USB controller; or use usbctrl and usbdev (xl.cfg(5)).',
        },
      ];
};
