import type {FindingCode} from '../../finding-codes.ts';
import type {Finding, Severity} from '../../findings.ts';
import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Wish} from './reconcile.ts';
import {positionOf} from './xml-document.ts';
import type {XmlDocument} from './xml-document.ts';
import type {XmlElement} from './xml-element.ts';

export type Report = (severity: Severity, code: FindingCode, words: {
  /** Where in the file; `null`: the file as a whole. */
  readonly element: XmlElement | null;
  readonly message: string;
  readonly remedy: string;
}) => void;

/** What each part of the edit decides from. */
export type EditContext = {
  readonly plan: Plan;
  readonly facts: HostFacts;
  readonly root: XmlElement;
  readonly report: Report;
};

/** Children of one element that one part of the edit wants, and those that it wants gone. */
export type Edit = {readonly children: readonly Wish[]; readonly drops: readonly XmlElement[]};

export const nothing: Edit = {children: [], drops: []};

export const joinEdits = (edits: readonly Edit[]): Edit => ({
  children: edits.flatMap((edit) => edit.children),
  drops: edits.flatMap((edit) => edit.drops),
});

export const collectFindings = (document: XmlDocument, file: string, findings: Finding[]): Report => (severity, code, words) => {
  const {element, message, remedy} = words;
  const at = element === null ? {} : {at: {file, ...positionOf(document.text, element.start)}};
  findings.push({code, severity, subject: file, ...at, message, remedy});
};
