import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {runChecks} from '../../src/checks/run-checks.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {isPciAddress} from '../../src/facts/pci-address.ts';
import {readHost} from '../../src/host/read-host.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';
import {hostEvidence, type HostEvidence} from './host-evidence.ts';

const roots = new Map<string, string>();

/** One copy of each tree: what is changed in it is put back as soon as it is read. */
const factsOf = ({host, changed = {}}: HostEvidence): HostFacts => {
  const root = roots.get(host) ?? unpackHost(host);
  roots.set(host, root);
  const undo = Object.entries(changed).map(([path, text]) => put(join(root, path), text));
  const facts = readHost(openSource(root, null));
  for (const step of undo) step();
  return facts;
};

/** The kernel's files may be read only, so they are made anew; returns what takes it back, with the directories that it took. */
const put = (file: string, text: string): (() => void) => {
  const before = existsSync(file) ? readFileSync(file) : null;
  const made = mkdirSync(dirname(file), {recursive: true});
  rmSync(file, {force: true});
  writeFileSync(file, text);
  return () => {
    rmSync(made ?? file, {recursive: true, force: true});
    if (before !== null) writeFileSync(file, before);
  };
};

/** Everything that the program says about a choice, a line for each thing. */
const describePlan = (evidence: HostEvidence): string => {
  const {devices, binding} = evidence;
  const facts = factsOf(evidence);
  const wanted = devices.flatMap((name) =>
    isPciAddress(name) ? [sampleDevice(name)] : proposeProfile(facts, [name]).devices,
  );
  const {plan, findings, changes} = previewChanges(
    facts,
    sampleProfile({devices: wanted, ...(binding === undefined ? {} : {binding})}),
  );
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
  it.each(hostEvidence.map((evidence) => [evidence.number, evidence.host, evidence.devices.join(), evidence] as const))(
    'number %i: %s with %s chosen',
    (_number, _host, _devices, evidence) => {
      expect(describePlan(evidence)).toMatch(evidence.says);
    },
  );
});
