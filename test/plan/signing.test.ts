import {describe, expect, it} from 'vitest';
import {checkSecureBoot} from '../../src/checks/software-checks.ts';
import {checkSigning} from '../../src/checks/signing-check.ts';
import type {BootFacts} from '../../src/facts/boot.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {refusesUnsigned, trustOf} from '../../src/facts/module-trust.ts';
import type {OutsideModule, ShimFacts, SigningFacts} from '../../src/facts/signing.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {type Plan} from '../../src/plan/plan.ts';
import {whatNext} from '../../src/ui/what-next.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const base = sampleFacts();
const kernel = '6.1.0-1-amd64';
const key = {serial: 'd48cad9bce3b922af2d008315d1abfa3cf37b0c1', issuer: 'DKMS module signing key'};
const strange = {serial: '5ee11331142993a99cd5035b98534874661bdee5', issuer: 'Someone'};
const mokPub = {path: '/var/lib/dkms/mok.pub', key, isConfigured: false};
const shim: ShimFacts = {enrolled: [], isUsed: true, isValidationOff: false, isWaiting: false};
const here = {program: 'npx vfio-pilot', sudo: 'sudo ', flags: ''};

const module = (values: Partial<OutsideModule> = {}): OutsideModule => ({
  kernel,
  name: 'vfio_pci',
  path: `/lib/modules/${kernel}/updates/dkms/vfio-pci.ko`,
  dkms: 'vfio/1.0',
  isSigned: false,
  key: null,
  ...values,
});

type Values = Partial<Omit<SigningFacts, 'shim'>> & {readonly shim?: Partial<ShimFacts>};
const withSigning = (values: Values, boot: Partial<BootFacts> = {}, loaded: readonly string[] = []): HostFacts => ({
  ...base,
  boot: {...base.boot, firmware: 'uefi', secureBoot: true, lockdown: 'integrity', ...boot},
  kernel: {...base.kernel, loaded},
  signing: {
    isEnforced: false,
    certificates: [mokPub],
    modules: [module()],
    ...values,
    shim: {...shim, ...values.shim},
  },
});
const planned = (facts: HostFacts): {readonly plan: Plan; readonly findings: readonly Finding[]} => {
  const {plan, findings} = planPassthrough(facts, sampleProfile());
  return {plan, findings: findings.filter(({code}) => ['module-not-signed', 'key-not-enrolled'].includes(code))};
};
const tasksOf = (facts: HostFacts) => whatNext(facts, planned(facts).plan, here);

describe('whether the kernel refuses what is not signed', () => {
  it('follows lockdown and sig_enforce, and Secure Boot where they say nothing', () => {
    const refuses = (boot: Partial<BootFacts>, values: Values = {}): boolean =>
      refusesUnsigned(withSigning(values, boot));
    expect(refuses({})).toBe(true);
    expect(refuses({secureBoot: false, lockdown: 'none'})).toBe(false);
    expect(refuses({secureBoot: false, lockdown: 'confidentiality'})).toBe(true);
    expect(refuses({secureBoot: false, lockdown: 'none'}, {isEnforced: true})).toBe(true);
    expect(refuses({lockdown: null})).toBe(true);
    expect(refuses({lockdown: null}, {shim: {isValidationOff: true}})).toBe(false);
    // As on Arch: its kernel does not lock itself down.
    expect(refuses({lockdown: 'none'})).toBe(false);
  });
});

describe('what is said of Secure Boot', () => {
  it('is that unsigned modules load, where the kernel is not locked down', () => {
    const open = withSigning({}, {lockdown: 'none'});
    expect(checkSecureBoot(open)).toMatchObject({
      status: 'info',
      fact: expect.stringMatching(/is on, lockdown is none.*loads modules that are not signed\.$/) as string,
    });
    const off = withSigning({shim: {isValidationOff: true}}, {lockdown: null});
    expect(checkSecureBoot(off).fact).toMatch(/shim was told to check nothing/);
    const codes = (facts: HostFacts): readonly string[] =>
      planPassthrough(facts, sampleProfile()).findings.map(({code}) => code);
    expect(codes(open)).not.toContain('secure-boot');
    expect(codes(withSigning({}))).toContain('secure-boot');
  });
});

describe('a module', () => {
  const trust = (one: Partial<OutsideModule>, values: Values = {}, loaded: readonly string[] = []): string =>
    trustOf(withSigning({modules: [module(one)], ...values}, {}, loaded), module(one));

  it('is trusted with an enrolled key, or where the running kernel has it already', () => {
    expect(trust({isSigned: true, key}, {shim: {enrolled: [key]}})).toBe('trusted');
    expect(trust({}, {}, ['vfio_pci'])).toBe('trusted');
    expect(trust({kernel: '6.1.0-2-amd64'}, {}, ['vfio_pci'])).toBe('unsigned');
    const modules = [module({isSigned: true, key}), module({name: 'kvmfr', isSigned: true, key})];
    expect(trust({isSigned: true, key}, {modules}, ['kvmfr'])).toBe('trusted');
  });

  it('is unknown where its signature or the enrolled keys are, and where the kernel may have the key itself', () => {
    expect(trust({isSigned: null})).toBe('unknown');
    expect(trust({isSigned: true, key: null})).toBe('unknown');
    expect(trust({isSigned: true, key}, {shim: {enrolled: null}})).toBe('unknown');
    expect(trust({isSigned: true, key: strange})).toBe('unknown');
  });

  it('is not believed to have another key because both have number 1', () => {
    const one = {serial: '1', issuer: 'A'};
    const certificates = [{...mokPub, key: one}];
    expect(trust({isSigned: true, key: one}, {certificates, shim: {enrolled: [{serial: '1', issuer: 'B'}]}})).toBe(
      'key-not-enrolled',
    );
  });
});

describe('failure mode 33: a plan that needs a module from outside the kernel', () => {
  it('says which kernel refuses it for its key, and each step to enrol that, blue screen included', () => {
    const facts = withSigning({modules: [module({isSigned: true, key})]});
    const {findings} = planned(facts);
    expect(findings).toMatchObject([{code: 'key-not-enrolled', severity: 'warning'}]);
    expect(findings[0]?.message).toBe(
      `Kernel ${kernel} refuses vfio_pci: it is signed with the key "DKMS module signing key" that is not enrolled, and Secure Boot is on. modprobe then says "Required key not available".`,
    );
    expect(findings[0]?.remedy).toMatch(
      /^Run `sudo mokutil --import \/var\/lib\/dkms\/mok\.pub`.*reboot.*"MOK management".*Enroll MOK, Continue, Yes, the password, Reboot\.$/,
    );
    const tasks = tasksOf(facts);
    const ids = tasks.map(({id}) => id);
    expect(ids.indexOf('enrol-key')).toBeLessThan(ids.indexOf('reboot'));
    expect(tasks.find(({id}) => id === 'enrol-key')).toMatchObject({
      commands: [
        {text: 'mokutil --import /var/lib/dkms/mok.pub', needsRoot: true},
        {text: 'mokutil --list-new', needsRoot: true},
      ],
    });
    expect(whatNext(facts, planned(facts).plan, {...here, flags: ' --root /mnt'}).map(({id}) => id)).not.toContain(
      'enrol-key',
    );
  });

  it('names the build that signs it where it has no signature, for each kernel, and then the key', () => {
    const facts = withSigning({modules: [module(), module({kernel: '6.1.0-2-amd64'})]});
    const [finding] = planned(facts).findings;
    expect(finding?.code).toBe('module-not-signed');
    expect(finding?.message).toBe(
      `Kernel ${kernel} refuses vfio_pci, and kernel 6.1.0-2-amd64 refuses vfio_pci: they are not signed, and Secure Boot is on. modprobe then says "Key was rejected by service".`,
    );
    expect(
      tasksOf(facts)
        .find(({id}) => id === 'sign-modules')
        ?.commands.map(({text}) => text),
    ).toEqual([
      'dkms build --force vfio/1.0 -k 6.1.0-1-amd64',
      'dkms install --force vfio/1.0 -k 6.1.0-1-amd64',
      'dkms build --force vfio/1.0 -k 6.1.0-2-amd64',
      'dkms install --force vfio/1.0 -k 6.1.0-2-amd64',
    ]);
    expect(tasksOf(facts).map(({id}) => id)).toContain('enrol-key');
    expect(
      tasksOf({...facts, signing: {...facts.signing, shim: {...shim, enrolled: [key]}}}).map(({id}) => id),
    ).not.toContain('enrol-key');
  });

  it('asks for vendor-reset where a card of AMD goes to a guest, and for no key once it is accepted', () => {
    const amd = (values: Values): HostFacts => {
      const facts = withSigning(values);
      return {
        ...facts,
        pci: facts.pci.map((one) => (one.class.startsWith('03') ? {...one, vendor: '1002', device: '731f'} : one)),
      };
    };
    const said = (values: Values): string =>
      planPassthrough(amd(values), sampleProfile())
        .findings.map(({code, message, remedy}) => `${code} ${message} ${remedy}`)
        .join('\n');
    const reset = (values: Partial<OutsideModule>): Values => ({modules: [module({name: 'vendor_reset', ...values})]});
    expect(said(reset({}))).toMatch(/module-not-signed .*refuses vendor_reset/);
    expect(said(reset({}))).toMatch(/device-reset-fragile .*until you sign it/);
    const accepted = said({...reset({isSigned: true, key}), shim: {enrolled: [key]}});
    expect(accepted).toMatch(/device-reset-fragile .*vendor-reset/);
    expect(accepted).not.toMatch(/not-signed|until you sign it/);
  });

  it('without a certificate or a build of DKMS says what makes them, by the name that the program was started with', () => {
    const facts = withSigning({certificates: [], modules: [module({dkms: null})]});
    expect(planned(facts).findings[0]?.remedy).toMatch(/No DKMS build of it was found.*DKMS 3 or newer.*makes a key/);
    const sign = tasksOf(facts).find(({id}) => id === 'sign-modules');
    expect(sign).toMatchObject({commands: []});
    expect(sign?.why).toContain('`npx vfio-pilot check`');
  });

  it('never sends to a blue screen that will not come, and not twice to mokutil', () => {
    const signed = {modules: [module({isSigned: true, key})]};
    expect(planned(withSigning({...signed, shim: {isUsed: false}})).findings[0]?.remedy).toMatch(
      /did not go through shim/,
    );
    expect(tasksOf(withSigning({...signed, shim: {isUsed: false}})).map(({id}) => id)).not.toContain('enrol-key');
    const waiting = withSigning({...signed, shim: {isWaiting: true}});
    expect(planned(waiting).findings[0]?.remedy).toMatch(/^A key waits to be enrolled .*: reboot/);
    expect(
      tasksOf(waiting)
        .find(({id}) => id === 'enrol-key')
        ?.commands.map(({text}) => text),
    ).toEqual(['mokutil --list-new']);
  });

  it('says nothing of modules that it does not use, nor where nothing is refused', () => {
    expect(planned(withSigning({modules: [module({name: 'kvmfr'})]})).findings).toEqual([]);
    expect(planned(withSigning({}, {secureBoot: false, lockdown: 'none'})).findings).toEqual([]);
    expect(planned(withSigning({}, {}, ['vfio_pci'])).findings).toEqual([]);
  });
});

describe('failure mode 33: the check of signatures', () => {
  it('names what is refused, what is unknown, or that all is accepted', () => {
    expect(checkSigning(withSigning({modules: [module({name: 'kvmfr'})]}))).toMatchObject([
      {status: 'warning', fact: expect.stringMatching(/refuses kvmfr: it is not signed/) as string},
    ]);
    const two = checkSigning(withSigning({modules: [module(), module({name: 'kvmfr', isSigned: true, key})]}));
    expect(two[0]?.remedy?.match(/mokutil --import/g)).toHaveLength(1);
    expect(checkSigning(withSigning({modules: [module({isSigned: null})]}))).toMatchObject([
      {
        status: 'info',
        fact: expect.stringMatching(/vfio_pci \(6\.1\.0-1-amd64\) is unknown: the signature cannot be read/) as string,
      },
    ]);
    expect(checkSigning(withSigning({modules: [module({isSigned: true, key: strange})]}))).toMatchObject([
      {status: 'info', fact: expect.stringMatching(/key is neither enrolled nor found/) as string},
    ]);
    expect(checkSigning(withSigning({}, {}, ['vfio_pci']))).toMatchObject([{status: 'ok'}]);
  });

  it('is left out where no guest could need what is there, or nothing is refused', () => {
    expect(checkSigning(withSigning({modules: [module({name: 'v4l2loopback'})]}))).toEqual([]);
    expect(checkSigning(withSigning({}, {secureBoot: false, lockdown: 'none'}))).toEqual([]);
  });
});
