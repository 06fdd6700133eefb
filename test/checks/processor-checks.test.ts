import {describe, expect, it} from 'vitest';
import {checkKvm} from '../../src/hypervisor/check-kvm.ts';
import {runChecks} from '../../src/checks/run-checks.ts';
import {checkHugepages, checkNuma, checkVirtualisation} from '../../src/checks/processor-checks.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {defaultShape, sampleFacts, samplePci} from '../support/sample-facts.ts';
import {expectCheck} from './expect-check.ts';

const {cpu, kernel, memory, nodes} = sampleFacts();
const facts = (overrides: Partial<HostFacts>, shape = defaultShape): HostFacts => sampleFacts(shape, overrides);
const without = {...cpu, virtualisation: null};

describe('CPU virtualisation', () => {
  it('is fine with vmx and with svm', () => {
    expectCheck(checkVirtualisation(facts({})), 'ok', /VT-x/);
    expectCheck(checkVirtualisation(facts({cpu: {...cpu, virtualisation: 'svm'}})), 'ok', /AMD-V/);
  });

  it('that is off names the firmware setting of the vendor', () => {
    expectCheck(checkVirtualisation(facts({cpu: without})), 'error', /Neither vmx nor svm/, /VT-x/);
    expectCheck(
      checkVirtualisation(facts({cpu: {...without, vendor: 'AuthenticAMD'}})),
      'error',
      /Neither vmx nor svm/,
      /SVM Mode/,
    );
  });

  it('in a virtual machine is a matter of its host', () => {
    expectCheck(
      checkVirtualisation(facts({cpu: without, kernel: {...kernel, hypervisor: 'kvm'}})),
      'error',
      /itself a virtual machine/,
      /on its host.*nested/,
    );
  });

  it('of a virtual machine sends nobody to firmware, slots or modules of the host', () => {
    const guest = facts({
      isLive: true,
      cpu: {...without, vendor: 'AuthenticAMD'},
      kernel: {...kernel, hypervisor: 'kvm', hasKvmDevice: false},
      iommu: {...facts({}).iommu, acpiTable: 'none', active: false, groups: []},
      pci: facts({}).pci.filter((device) => !device.class.startsWith('03')),
    });
    const [first, ...rest] = runChecks(guest).filter(({status}) => status === 'error');
    expect(first).toMatchObject({fact: 'This system is itself a virtual machine without nested virtualisation.'});
    expect(rest.length).toBeGreaterThan(1);
    for (const {remedy} of rest) expect(remedy).not.toMatch(/Advanced|BIOS|firmware|Plug |modprobe/);
    expect(runChecks(guest).find(({id}) => id === 'interrupt-remapping')?.remedy ?? '').not.toMatch(/firmware/);
  });

  it('is not judged where the flags are not told', () => {
    expectCheck(checkVirtualisation(facts({cpu: {...without, flags: null}})), 'info', /not known/);
  });
});

describe('KVM', () => {
  it('is fine when the device is there, however the module got in', () => {
    expectCheck(checkKvm(facts({})), 'ok', /^\/dev\/kvm is there\.$/);
    expectCheck(checkKvm(facts({kernel: {...kernel, loaded: ['kvm_intel']}})), 'ok', /kvm_intel is loaded/);
    expectCheck(
      checkKvm(facts({cpu: {...cpu, virtualisation: 'svm'}, kernel: {...kernel, builtin: ['kvm_amd']}})),
      'ok',
      /kvm_amd is built in/,
    );
  });

  it('that is missing on a live host names the module to load', () => {
    const gone = {...kernel, hasKvmDevice: false};
    expectCheck(
      checkKvm(facts({isLive: true, kernel: gone})),
      'error',
      /kvm_intel is not loaded/,
      /modprobe kvm_intel/,
    );
    expectCheck(
      checkKvm(facts({isLive: true, kernel: {...gone, loaded: ['kvm_intel']}})),
      'error',
      /although kvm_intel is loaded/,
    );
  });

  it('of a processor of AMD names its module, too, where the firmware has it off and no flag tells', () => {
    expectCheck(
      checkKvm(
        facts({isLive: true, cpu: {...without, vendor: 'AuthenticAMD'}, kernel: {...kernel, hasKvmDevice: false}}),
      ),
      'error',
      /kvm_amd is not loaded/,
      /modprobe kvm_amd/,
    );
  });

  it('cannot be told from a captured tree', () => {
    expectCheck(checkKvm(facts({kernel: {...kernel, hasKvmDevice: false}})), 'info', /captured tree/);
  });
});

describe('NUMA', () => {
  it('is fine with one node, or when every card is on a known one', () => {
    expectCheck(checkNuma(facts({}, {...defaultShape, nodes: 1})), 'ok', /equally near/);
    expectCheck(checkNuma(facts({})), 'info', /0000:06:00\.0 is on node 0/);
  });

  it('asks for the board manual where the firmware does not tell the node of a card', () => {
    const pci = [samplePci('0000:06:00.0', {numaNode: null})];
    expectCheck(checkNuma(facts({pci})), 'warning', /does not say which node 0000:06:00\.0 is on/, /cpu\.node/);
  });

  it('does not count a node without CPUs', () => {
    expectCheck(checkNuma(facts({nodes: [nodes[0]!, {...nodes[1]!, cpus: []}]})), 'ok', /One NUMA node/);
  });
});

describe('hugepages', () => {
  it('tells the sizes, what is reserved, and a CPU without 1 GiB pages', () => {
    expectCheck(checkHugepages(facts({})), 'ok', /2 MiB and 1 GiB; none are reserved now\.$/);
    const reserved = nodes.map((node) => ({...node, hugepages: [{sizeKiB: 2048, total: 512 * node.id, free: 0}]}));
    expectCheck(checkHugepages(facts({nodes: reserved})), 'ok', /reserved now: 512 × 2 MiB on node 1/);
    expectCheck(checkHugepages(facts({cpu: {...cpu, flags: ['vmx']}})), 'ok', /no 1 GiB pages/);
  });

  it('takes the sizes from the nodes where the kernel directory is missing, and knows nothing without both', () => {
    const bare = {...memory, hugepageSizesKiB: []};
    expect(checkHugepages(facts({memory: bare})).fact).toContain('2 MiB');
    expectCheck(checkHugepages(facts({memory: bare, nodes: []})), 'info', /No hugepage sizes/);
  });
});
