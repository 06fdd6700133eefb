import {describe, expect, it} from 'vitest';
import {domainXml, planKnownGuest} from '../support/known-guest.ts';

describe('a guest that was defined without KVM', () => {
  it('becomes a guest of KVM, as libvirt refuses host-passthrough for an emulated one', () => {
    const {xml, findings} = planKnownGuest(domainXml({type: 'qemu'}));

    expect(xml).toMatch(/^<domain type='kvm'>/);
    expect(xml).toMatch(/mode='host-passthrough'/);
    expect(findings).toContainEqual(
      expect.objectContaining({code: 'guest-setting-replaced', message: expect.stringContaining("type='qemu'")}),
    );
    expect(planKnownGuest(xml ?? '').xml).toBe(xml);
  });

  it('may be a 32-bit machine on a 64-bit host', () => {
    expect(planKnownGuest(domainXml({type: 'qemu', arch: 'i686'})).xml).toMatch(/^<domain type='kvm'>/);
  });

  it('stays unchanged and blocks where its architecture is not that of the host', () => {
    const {xml, findings} = planKnownGuest(domainXml({type: 'qemu', arch: 'aarch64'}));

    expect(xml).toBeNull();
    expect(findings).toContainEqual(
      expect.objectContaining({
        code: 'guest-xml-unusable',
        severity: 'blocker',
        message: expect.stringMatching(/aarch64.*x86_64/),
      }),
    );
  });

  it('says nothing of a guest that runs under KVM already', () => {
    expect(planKnownGuest(domainXml({})).findings.map(({message}) => message)).not.toContainEqual(
      expect.stringContaining('emulated'),
    );
  });
});
