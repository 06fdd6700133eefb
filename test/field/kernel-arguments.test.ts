import {describe, expect, it} from 'vitest';
import {checkArguments} from '../../src/checks/argument-checks.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {sampleFacts, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const {boot, kernel, iommu} = sampleFacts();
const check = (commandLine: string, interruptRemapping: boolean | null = true) =>
  checkArguments(sampleFacts(undefined, {boot: {...boot, commandLine}, iommu: {...iommu, interruptRemapping}}));

describe('arguments that people wrote', () => {
  it.each(['vfio-pci.ids=8086:5917,1=8086:9d71', 'vfio-pci.ids=10de', 'vfio_pci.ids=10de:1c81;10de:0fb9'])(
    '%s is named, as vfio-pci leaves a part of it out',
    (argument) => {
      expect(JSON.stringify(check(`ro ${argument} quiet`))).toContain(
        `${argument} has a part that is no VENDOR:DEVICE`,
      );
    },
  );

  it.each([
    'vfio-pci.ids=10de:1c81,10de:0fb9',
    'vfio-pci.ids=10de:1c81:ffffffff:ffffffff',
    'vfio-pci.ids=10DE:1C81,',
    'vfio-pci.ids=',
  ])('%s is fine', (argument) => {
    expect(check(`ro ${argument}`).status).toBe('ok');
  });

  it('allow_unsafe_interrupts is not needed where interrupts are remapped', () => {
    const argument = 'vfio_iommu_type1.allow_unsafe_interrupts=1';
    expect(JSON.stringify(check(`ro ${argument}`))).toContain(`${argument} is not needed`);
    expect(check(`ro ${argument}`, false).status).toBe('ok');
    expect(check(`ro ${argument}`, null).status).toBe('ok');
  });
});

describe('a boot framebuffer that an argument was to keep away', () => {
  const remedy = (holder: string, commandLine: string): string | undefined =>
    planPassthrough(
      sampleFacts(undefined, {
        boot: {...boot, commandLine},
        kernel: {...kernel, version: {major: 6, minor: 18}},
        pci: samplePciFunctions.map((one) =>
          one.address === '0000:06:00.0' ? {...one, class: '038000', bootFramebuffers: [holder]} : one,
        ),
      }),
      sampleProfile(),
    ).findings.find(({code}) => code === 'device-framebuffer')?.remedy;

  it('is there nevertheless: the argument is not proposed once more', () => {
    expect(remedy('simpledrm', 'ro initcall_blacklist=sysfb_init')).toMatch(
      /sysfb_init is on the command line already, and this kernel draws there nevertheless/,
    );
    expect(remedy('simpledrm', 'ro video=efifb:off')).toMatch(/initcall_blacklist=sysfb_init keeps all of them away/);
    expect(remedy('efifb', 'ro video=efifb:off')).toMatch(/video=efifb:off is on the command line already/);
    expect(remedy('efifb', 'ro')).toMatch(/video=efifb:off on the kernel command line keeps it away/);
  });
});
