import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {runChecks} from '../../src/checks/run-checks.ts';
import type {HostFacts} from '../../src/host/facts.ts';
import {readHost} from '../../src/host/read-host.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {hostEvidence, type HostEvidence} from './host-evidence.ts';

const known = new Map<string, HostFacts>();

const factsOf = ({host, changed}: HostEvidence): HostFacts => {
  if (changed !== undefined) return readHost(openSource(changeHost(host, changed), null));
  const facts = known.get(host) ?? readHost(openSource(unpackHost(host), null));
  known.set(host, facts);
  return facts;
};

const changeHost = (host: string, changed: Readonly<Record<string, string>>): string => {
  const root = unpackHost(host);
  for (const [path, text] of Object.entries(changed)) {
    mkdirSync(dirname(join(root, path)), {recursive: true});
    rmSync(join(root, path), {force: true});
    writeFileSync(join(root, path), text);
  }
  return root;
};

/** Everything that the program says about a choice, a line for each thing. */
const describePlan = (evidence: HostEvidence): string => {
  const {devices, binding} = evidence;
  const facts = factsOf(evidence);
  const wanted = devices.map((address) => ({address, id: null, subsystem: null, upstream: null, rom: null}));
  const {plan, findings, changes} = previewChanges(facts, sampleProfile({devices: wanted, ...(binding === undefined ? {} : {binding})}));
  return [
    ...findings.map(({severity, code, message}) => `${severity} ${code} ${message}`),
    ...runChecks(facts).map(({id, fact}) => `check ${id} ${fact}`),
    ...plan.decisions.map(({subject, choice, because}) => `decision ${subject}: ${choice} because ${because}`),
    ...plan.kernelArguments.add.map(({text, because}) => `argument ${text} because ${because}`),
    `modules ${plan.binding.initramfsModules.join(' ')}`,
    `softdeps ${plan.binding.softdeps.join(' ')}`,
    ...changes.map(({diff}) => diff),
  ].join('\n');
};

describe('a host tree that shows a failure mode', () => {
  it.each(hostEvidence.map((evidence) => [evidence.number, evidence.host, evidence.devices.join(), evidence] as const))('number %i: %s with %s chosen', (_number, _host, _devices, evidence) => {
    expect(describePlan(evidence)).toMatch(evidence.says);
  });
});
