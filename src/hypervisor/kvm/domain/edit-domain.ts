import type {HostFacts} from '../../../facts/host-facts.ts';
import {isNeeded} from '../../../facts/needs.ts';
import {parsePciAddress} from '../../../facts/pci-address.ts';
import {type Finding, isBlocked} from '../../../findings/finding.ts';
import {allElements, attributeOf, childNamed, type XmlDocument} from '../../../formats/xml/document.ts';
import {applySplices, type Splice} from '../../../formats/splices.ts';
import {IllegalCharacterError} from '../../../formats/xml/edit.ts';
import {reconcile} from '../../../formats/xml/reconcile.ts';
import type {Plan} from '../../../plan/plan.ts';
import {kvmPlanOf} from '../kvm-plan.ts';
import {qemuNamespace} from '../looking-glass/qemu-arguments.ts';
import {devicesOrder, domainOrder} from './domain-values.ts';
import {collectFindings, type DomainEdit, type EditContext, joinEdits} from './edit-context.ts';
import {editClock, editFeatures} from './edit-features.ts';
import {editBalloon, editHostdevs, isNamedBy} from './edit-hostdevs.ts';
import {editKvmfr, kvmfrNamespace} from './edit-kvmfr.ts';
import {editLookingGlass} from './edit-looking-glass.ts';
import {editMediated, noteMediated} from './edit-mediated.ts';
import {editMemoryBacking, editMemorySize} from './edit-memory.ts';
import {editNumaTune} from './edit-nodes.ts';
import {editPhase, inPhase} from './edit-phase.ts';
import {editProcessor} from './edit-processor.ts';
import {editAccelerator} from './edit-accelerator.ts';
import {editCpuTune, editIothreads, editThreadUsers, editVcpus} from './edit-threads.ts';
import {editPooled} from './edit-pooled.ts';
import {editShares} from './edit-shares.ts';
import {editSound} from './edit-sound.ts';
import {editUsb} from './edit-usb.ts';
import {parseDomain} from './parse-domain.ts';
import {sourceOf} from './place-cards.ts';

/** Devices that the guest has and the plan does not name stay; the user hears of them. */
const noteForeignDevices = (context: EditContext): void => {
  noteHostdevs(context);
  noteMediated(context);
  noteQemuArguments(context);
};

const noteHostdevs = ({plan, facts, root, report}: EditContext): void => {
  for (const device of childNamed(root, 'devices')?.children ?? []) {
    const source = sourceOf(device);
    if (source === null || plan.devices.some(({assigned}) => isNamedBy(assigned, source))) continue;
    // The plan has said what is wrong with these (src/plan/device/judge-existing.ts).
    if (facts.pci.length > 0 && !facts.pci.some(({address}) => address === source)) continue;
    if (facts.needs.some((need) => need.address === source && isNeeded(need, [source]))) continue;
    report('note', 'guest-hostdev-foreign', {
      element: device,
      message: `The guest also takes ${source}, which the plan does not name; it stays in the guest.`,
      remedy: 'Add it to `devices`, or take it out with `virsh edit` if you do not want it.',
    });
  }
};

/** libvirt does not look into QEMU's own arguments, so a device could be given twice. */
const noteQemuArguments = ({plan, root, report}: EditContext): void => {
  for (const argument of allElements(root).filter((element) => element.namespace === qemuNamespace)) {
    const value = attributeOf(argument, 'value') ?? '';
    const host = value.includes('vfio-pci') ? parsePciAddress(/host=([0-9a-f:.]+)/i.exec(value)?.[1] ?? '') : null;
    if (host === null || !plan.devices.some(({assigned}) => isNamedBy(assigned, host))) continue;
    report('warning', 'guest-hostdev-foreign', {
      element: argument,
      message: `QEMU's own arguments in the guest take ${host} too, so it would be given twice and the guest would not start.`,
      remedy: 'Take that argument out with `virsh edit`.',
    });
  }
};

export type DomainText =
  | {readonly ok: true; readonly xml: string; readonly findings: readonly Finding[]}
  | {readonly ok: false; readonly findings: readonly Finding[]};

/**
 * Makes a libvirt domain fit the plan and keeps every other byte. A domain that cannot be edited safely is refused
 * with a finding that says where. `file` is only named in findings.
 */
export const editDomain = (xml: string, plan: Plan, facts: HostFacts, file: string): DomainText => {
  const parsed = parseDomain(xml, file);
  if (!parsed.ok) return parsed;
  const findings: Finding[] = [];
  const {document} = parsed;
  try {
    const splices = planSplices(document, {
      plan: kvmPlanOf(plan),
      facts,
      root: document.root,
      report: collectFindings(document, file, findings),
    });
    return isBlocked(findings) ? {ok: false, findings} : {ok: true, xml: applySplices(xml, splices), findings};
  } catch (error) {
    if (error instanceof IllegalCharacterError) return {ok: false, findings: [illegalCharacter(error, file)]};
    throw error;
  }
};

/** The edits of the present text; exported so that a test can apply them one by one. */
export const planSplices = (document: XmlDocument, context: EditContext): readonly Splice[] => {
  noteForeignDevices(context);
  const given = inPhase(context);
  const {children, drops} = joinEdits([
    editMemorySize(given),
    editMemoryBacking(given),
    editVcpus(given),
    editIothreads(given),
    editCpuTune(given),
    editNumaTune(given),
    editFeatures(given),
    editProcessor(given),
    editClock(given),
    editDevices(given, editPhase(context)),
    editKvmfr(context),
  ]);
  return reconcile(document, document.root, {
    name: 'domain',
    attributes: {...editAccelerator(context), ...kvmfrNamespace(context)},
    children,
    drops,
    order: domainOrder,
  });
};

const editDevices = (context: EditContext, ofPhase: DomainEdit): DomainEdit => {
  const devices = joinEdits([
    editHostdevs(context),
    editPooled(context),
    editMediated(context),
    editUsb(context),
    editBalloon(context),
    editLookingGlass(context),
    editShares(context),
    editSound(context),
    editThreadUsers(context),
    ofPhase,
  ]);
  return {
    children: [{name: 'devices', existing: childNamed(context.root, 'devices'), ...devices, order: devicesOrder}],
    drops: [],
  };
};

export const illegalCharacter = (error: IllegalCharacterError, file: string): Finding => ({
  code: 'guest-xml-unusable',
  severity: 'blocker',
  subject: file,
  message: `${error.message}, so it cannot be written into a libvirt domain.`,
  remedy: 'Take control characters and broken Unicode out of the names and paths in the profile.',
});
