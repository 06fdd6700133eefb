import type {HostFacts} from '../host/facts.ts';
import type {Artifact} from './artifact.ts';
import {judgeOwnedFile} from './own-file.ts';
import type {Rendered} from './rendered.ts';

/** A file that is wholly ours; empty text means that there should be none. */
export const renderOwned = (facts: HostFacts, path: string, text: string, mode: number, why: string): Rendered => {
  const present = facts.files[path];
  if (text === '' && present === undefined) return {artifacts: [], findings: []};
  const finding = judgeOwnedFile(present, path);
  if (finding !== null) return {artifacts: [], findings: [finding]};
  return {artifacts: [text === '' ? absent(path) : {kind: 'file', path, text, encoding: 'utf8', mode, installer: 'file', why: [why]}], findings: []};
};

export const absent = (path: string): Artifact => ({kind: 'absent', path, why: ['Written by an earlier run; this plan does not need it.']});

export const joinRendered = (parts: readonly Rendered[]): Rendered => ({
  artifacts: parts.flatMap((part) => part.artifacts),
  findings: parts.flatMap((part) => part.findings),
});
