import {describe, expect, it} from 'vitest';
import type {Preview} from '../../src/changes/preview.ts';
import {checkVerdict, planVerdict} from '../../src/commands/verdict.ts';
import type {Check} from '../../src/findings/check.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {samplePlan} from '../support/sample-plan.ts';

const here = {typed: (command: string) => `npx vfio-pilot ${command}`, flags: '', isRemote: false};
const elsewhere = {...here, flags: ' --root /srv/host'};

const finding = (severity: Finding['severity'], code: Finding['code']): Finding => ({
  code,
  severity,
  subject: 'x',
  message: 'x.',
  remedy: 'x.',
});
const change = (kind: 'create' | 'run') =>
  ({kind, path: '/x', diff: '', why: []}) as unknown as Preview['changes'][number];
const verdict = (findings: readonly Finding[], changes: Preview['changes'], needsReboot = true, place = here): string =>
  planVerdict({preview: {plan: samplePlan(), findings, changes}, needsReboot, file: 'my win.yaml'}, place);

describe('the verdict of a plan', () => {
  it('counts what would be done, and has the command for it', () => {
    const changes = [change('create'), change('create'), change('run')];
    expect(verdict([finding('warning', 'device-twin')], changes)).toBe(
      "Ready: 2 files, 1 command and a reboot; next: sudo npx vfio-pilot apply 'my win.yaml'",
    );
    expect(verdict([], [change('create')], false, {...here, flags: ' --host root@xcp', isRemote: true})).toBe(
      "Ready: 1 file; next: npx vfio-pilot export script 'my win.yaml' --host root@xcp > script.sh",
    );
    expect(verdict([], [change('create')], false, elsewhere)).toBe(
      "Ready: 1 file; next: npx vfio-pilot apply 'my win.yaml' --root /srv/host",
    );
  });

  it('counts blockers and names each code once, whatever else there is', () => {
    expect(verdict([finding('blocker', 'memory-too-large')], [change('create')])).toMatch(
      /^Blocked by 1 finding \(memory-too-large\): nothing would be written until it is /,
    );
    expect(
      verdict([finding('blocker', 'iommu-off'), finding('note', 'guest-exists'), finding('blocker', 'iommu-off')], []),
    ).toMatch(/^Blocked by 2 findings \(iommu-off\): .* they are /);
  });

  it('says when there is nothing to do', () => expect(verdict([], [])).toMatch(/^Nothing to do: /));
});

describe('the verdict of the checks', () => {
  const one = (status: Check['status'], title: string): Check => ({id: 'x', status, title, fact: '', remedy: null});

  it('is ready without an error, and then leads to the wizard', () => {
    expect(checkVerdict([one('ok', 'KVM'), one('warning', 'BARs')], here)).toBe(
      'Ready, with 1 warning; next: sudo npx vfio-pilot',
    );
    expect(checkVerdict([one('info', 'KVM')], elsewhere)).toBe('Ready; next: npx vfio-pilot --root /srv/host');
  });

  it('leads to the plan of another host', () => {
    const remote = {...elsewhere, flags: ' --host root@xcp', isRemote: true};
    expect(checkVerdict([one('info', 'KVM')], remote)).toBe('Ready; next: npx vfio-pilot plan PROFILE --host root@xcp');
  });

  it('asks nobody to put an architecture right', () =>
    expect(checkVerdict([{...one('error', 'Architecture'), id: 'architecture'}, one('error', 'KVM')], here)).toBe(
      'Not served: no plan can be made for this host.',
    ));

  it('names every error otherwise', () =>
    expect(checkVerdict([one('error', 'KVM'), one('ok', 'x'), one('error', 'IOMMU')], elsewhere)).toBe(
      'Not ready: 2 errors (KVM, IOMMU); put them right, then run npx vfio-pilot check --root /srv/host again.',
    ));
});
