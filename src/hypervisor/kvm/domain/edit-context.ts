import type {HostFacts} from '../../../facts/host-facts.ts';
import type {FindingCode} from '../../../findings/codes.ts';
import type {Finding, Severity} from '../../../findings/finding.ts';
import {positionOf, type XmlDocument, type XmlElement} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import type {KvmPlan} from '../kvm-plan.ts';

export type Report = (
  severity: Severity,
  code: FindingCode,
  words: {
    /** Where in the file; `null`: the file as a whole. */
    readonly element: XmlElement | null;
    readonly message: string;
    readonly remedy: string;
  },
) => void;

/** What each part of the edit decides from. */
export type EditContext = {
  readonly plan: KvmPlan;
  readonly facts: HostFacts;
  readonly root: XmlElement;
  readonly report: Report;
};

/** Children of one element that one part of the edit wants, and those that it wants gone. */
export type DomainEdit = {readonly children: readonly Wish[]; readonly drops: readonly XmlElement[]};

export const nothing: DomainEdit = {children: [], drops: []};

export const joinEdits = (edits: readonly DomainEdit[]): DomainEdit => ({
  children: edits.flatMap((edit) => edit.children),
  drops: edits.flatMap((edit) => edit.drops),
});

export const collectFindings =
  (document: XmlDocument, file: string, findings: Finding[]): Report =>
  (severity, code, words) => {
    const {element, message, remedy} = words;
    const at = element === null ? {} : {at: {file, ...positionOf(document.text, element.start)}};
    findings.push({code, severity, subject: file, ...at, message, remedy});
  };
