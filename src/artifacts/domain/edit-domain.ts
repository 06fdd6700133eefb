import type {Finding} from '../../findings.ts';
import {isBlocked} from '../../findings.ts';
import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {devicesOrder, domainOrder} from './customary-order.ts';
import {collectFindings, joinEdits} from './edit-context.ts';
import type {Edit, EditContext} from './edit-context.ts';
import {editClock, editFeatures} from './edit-features.ts';
import {editBalloon, editHostdevs} from './edit-hostdevs.ts';
import {editMemoryBacking, editMemorySize} from './edit-memory.ts';
import {editNumaTune} from './edit-nodes.ts';
import {editProcessor} from './edit-processor.ts';
import {editCpuTune, editIothreads, editVcpus} from './edit-threads.ts';
import {noteForeignDevices} from './note-foreign-devices.ts';
import {parseDomain} from './parse-domain.ts';
import {reconcile} from './reconcile.ts';
import type {XmlDocument} from './xml-document.ts';
import {childNamed} from './xml-element.ts';
import {applySplices} from './xml-edit.ts';
import type {Splice} from './xml-edit.ts';
import {IllegalCharacterError} from './xml-fragment.ts';

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
    const splices = planSplices(document, {plan, facts, root: document.root, report: collectFindings(document, file, findings)});
    return isBlocked(findings) ? {ok: false, findings} : {ok: true, xml: applySplices(xml, splices), findings};
  } catch (error) {
    if (error instanceof IllegalCharacterError) return {ok: false, findings: [illegalCharacter(error, file)]};
    throw error;
  }
};

/** The edits against the text as it is; exported so that they can be held against it one by one. */
export const planSplices = (document: XmlDocument, context: EditContext): readonly Splice[] => {
  noteForeignDevices(context);
  const {children, drops} = joinEdits([
    editMemorySize(context),
    editMemoryBacking(context),
    editVcpus(context),
    editIothreads(context),
    editCpuTune(context),
    editNumaTune(context),
    editFeatures(context),
    editProcessor(context),
    editClock(context),
    editDevices(context),
  ]);
  return reconcile(document, document.root, {name: 'domain', children, drops, order: domainOrder});
};

const editDevices = (context: EditContext): Edit => {
  const devices = joinEdits([editHostdevs(context), editBalloon(context)]);
  return {children: [{name: 'devices', existing: childNamed(context.root, 'devices'), ...devices, order: devicesOrder}], drops: []};
};

export const illegalCharacter = (error: IllegalCharacterError, file: string): Finding => ({
  code: 'guest-xml-unusable',
  severity: 'blocker',
  subject: file,
  message: `${error.message}, so it cannot be written into a libvirt domain.`,
  remedy: 'Take control characters and broken Unicode out of the names and paths in the profile.',
});
