import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {decodeAppliedPlan} from '../../src/verify/promise.ts';
import {samplePlan} from '../support/sample-plan.ts';

/**
 * What `apply` of each version left on the test hosts (`plan.json` of its run). Never write one of an older version
 * anew: these runs are on people's machines. A change of `Plan` that they do not have needs the next version, an upgrade
 * in `promise.ts`, and files of that version here.
 */
const directory = resolve(import.meta.dirname, 'applied-plans');
const names = readdirSync(directory);
const textOf = (name: string): string => readFileSync(join(directory, name), 'utf8');
const guestOf = (name: string): unknown => {
  const decoded = decodeAppliedPlan(textOf(name));
  return decoded.isValid ? decoded.value.plan.guest : decoded.problem;
};

describe('the plan of a run that an earlier version applied', () => {
  it.each(names)('%s is read', (name) => {
    const {version, plan}: {version: number; plan: {profile: string}} = JSON.parse(textOf(name));
    expect(name).toBe(`version-${version}-${plan.profile}.json`);
    expect(decodeAppliedPlan(textOf(name))).toMatchObject({isValid: true, value: {version: 3, plan}});
  });

  it('is there for each version since the second, and each kind of guest that a journal has', () => {
    const kinds = names.map((name) => {
      const {version, plan}: {version: number; plan: {guest: {kind: string}}} = JSON.parse(textOf(name));
      return `${version} ${plan.guest.kind}`;
    });
    const wanted = [2, 3].flatMap((version) => ['kvm', 'proxmox', 'xen'].map((kind) => `${version} ${kind}`));
    expect([...new Set(kinds)].sort()).toEqual(wanted);
  });

  it('has nothing that nobody could choose then', () => {
    expect(guestOf('version-2-ryzen-two-cards.json')).toMatchObject({
      kvmfr: null,
      sound: null,
      lookingGlass: {name: 'looking-glass', kvmfrDevice: null, sizeMiB: 64, user: 'alice'},
    });
    expect(guestOf('version-2-gvt-laptop.json')).toMatchObject({lookingGlass: null, kvmfr: null, sound: null});
    expect(guestOf('version-2-xen-desktop.json')).toMatchObject({kind: 'xen', pool: null});
  });
});

describe('the plan of a run of the second version from before a member was added', () => {
  const plan = samplePlan();
  const {guest} = plan;
  const decodedWith = (changed: object): unknown =>
    decodeAppliedPlan(JSON.stringify({version: 2, bootId: null, plan: {...plan, ...changed}}));

  it.each([
    'diskFormat',
    'diskBus',
    'newDisk',
    'drivers',
    'phase',
    'osinfoId',
    'evdev',
    'evdevToggle',
    'lookingGlass',
    'shares',
    'screen',
  ])('(guest.%s) is read', (member) => {
    const {[member]: left, ...rest} = Object.fromEntries(Object.entries(guest));
    expect(left).toBeDefined();
    expect(decodedWith({guest: rest})).toMatchObject({isValid: true, value: {plan: {guest}}});
  });

  it('(a virtual function before vGPUs) is read', () => {
    const document: unknown = JSON.parse(textOf('version-2-sriov-nic.json'));
    const text = JSON.stringify(document);
    const before = text.replaceAll('"vgpu":null,', '').replaceAll(',"vgpu":null', '');
    expect(before).not.toBe(text);
    expect(decodeAppliedPlan(before)).toEqual(decodeAppliedPlan(text));
  });

  it('is not read where a member is missing that was always there', () => {
    const {name: _, ...rest} = guest;
    expect(decodedWith({guest: rest})).toEqual({isValid: false, problem: 'plan.guest.name is missing'});
  });
});
