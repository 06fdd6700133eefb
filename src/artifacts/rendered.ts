import type {Finding} from '../findings.ts';
import type {Artifact} from './artifact.ts';

export type Rendered = {readonly artifacts: readonly Artifact[]; readonly findings: readonly Finding[]};
