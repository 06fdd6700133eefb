import {describe, expect, it} from 'vitest';
import type {FileFacts} from '../../../src/facts/files.ts';
import type {DomainFacts} from '../../../src/facts/virtualisation.ts';
import {renderDomain} from '../../../src/hypervisor/kvm/domain/render-domain.ts';
import {domain, sampleFacts, samplePlan, windows11} from './sample.ts';

const {path} = samplePlan.guest;
const known: DomainFacts = {name: 'win10', uuid: null, path, xml: domain(''), isActive: false, isAutostart: false};
const file: FileFacts = {
  path,
  state: 'file',
  text: domain(''),
  encoding: 'utf8',
  target: null,
  sha256: null,
  mode: 0o600,
  uid: 0,
  gid: 0,
  stamp: null,
};

describe('the domain as an artifact', () => {
  it('is defined through libvirt on a live host and written as a file elsewhere', () => {
    expect(renderDomain(sampleFacts({isLive: true}), windows11).artifacts).toMatchObject([
      {kind: 'file', path: windows11.guest.path, placing: 'first', by: 'registry', mode: 0o600},
    ]);
    expect(renderDomain(sampleFacts(), windows11).artifacts).toMatchObject([{placing: 'first', by: 'writer'}]);
  });

  it('is the existing domain, edited, as libvirt or the file has it', () => {
    const byLibvirt = renderDomain(sampleFacts({virtualisation: {domains: [known]}}), samplePlan);
    const byFile = renderDomain(sampleFacts({files: {[path]: file}}), samplePlan);

    expect(byLibvirt.artifacts).toMatchObject([{text: expect.stringContaining("<vcpupin vcpu='0' cpuset='0'/>")}]);
    expect(byFile).toEqual(byLibvirt);
  });

  it('waits for the next start when the guest is running', () => {
    const {artifacts, findings} = renderDomain(
      sampleFacts({virtualisation: {domains: [{...known, isActive: true}]}}),
      samplePlan,
    );
    expect(artifacts).toHaveLength(1);
    expect(findings).toMatchObject([{code: 'guest-running', severity: 'warning'}]);
  });

  it('is left out, with the reason, when it cannot be read or edited', () => {
    expect(renderDomain(sampleFacts(), samplePlan)).toMatchObject({
      artifacts: [],
      findings: [{code: 'guest-xml-unusable', severity: 'blocker'}],
    });
    expect(renderDomain(sampleFacts({files: {[path]: {...file, encoding: 'latin1'}}}), samplePlan)).toMatchObject({
      artifacts: [],
      findings: [{message: expect.stringContaining('UTF-8')}],
    });
    expect(
      renderDomain(sampleFacts({virtualisation: {domains: [{...known, xml: '<domain'}]}}), samplePlan),
    ).toMatchObject({
      artifacts: [],
      findings: [{at: {file: path, line: 1}}],
    });
  });
});
