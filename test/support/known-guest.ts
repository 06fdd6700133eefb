import type {HostFacts} from '../../src/facts/host-facts.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {renderDomain} from '../../src/hypervisor/kvm/domain/render-domain.ts';
import {sampleFacts} from './sample-facts.ts';
import {sampleProfile} from './sample-profile.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

/** A domain of libvirt with what a test gives it. */
export const domainXml = ({
  name = 'win10',
  type = 'kvm',
  arch = 'x86_64',
  threads = '',
  devices = '',
}: {
  readonly name?: string;
  readonly type?: string;
  readonly arch?: string;
  readonly threads?: string;
  readonly devices?: string;
}): string => `<domain type='${type}'>
  <name>${name}</name>
  <memory unit='GiB'>2</memory>
  <vcpu placement='static'>4</vcpu>
  ${threads}
  <os>
    <type arch='${arch}' machine='q35'>hvm</type>
  </os>
  <devices>
    ${devices}
    <controller type='pci' index='0' model='pcie-root'/>
  </devices>
</domain>
`;

/** The plan for a guest that libvirt has under this definition, and its definition afterwards. */
export const planKnownGuest = (
  xml: string,
  {name = 'win10', cpu = {}}: {readonly name?: string; readonly cpu?: Partial<Profile['cpu']>} = {},
) => {
  const base = sampleFacts();
  const facts: HostFacts = {
    ...base,
    virtualisation: {
      ...libvirtOf(base),
      domains: [{name, uuid: null, path: `/etc/libvirt/qemu/${name}.xml`, xml, isActive: false, isAutostart: false}],
    },
  };
  const {plan, findings} = planPassthrough(
    facts,
    sampleProfile({cpu: {vcpus: 4, ...cpu}, memory: {sizeMiB: 2048}, guest: {name, os: 'linux'}}),
  );
  const rendered = renderDomain(facts, plan);
  const [artifact] = rendered.artifacts;
  return {
    facts,
    plan,
    findings: [...findings, ...rendered.findings],
    xml: artifact?.kind === 'file' ? artifact.text : null,
  };
};
