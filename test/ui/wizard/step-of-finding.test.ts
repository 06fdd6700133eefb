import {describe, expect, it} from 'vitest';
import type {FindingCode} from '../../../src/finding-codes.ts';
import type {Finding} from '../../../src/findings.ts';
import {isBlockedAt} from '../../../src/ui/wizard/step-of-finding.ts';

const finding = (code: FindingCode, severity: Finding['severity'] = 'blocker'): Finding => ({code, severity, subject: 'x', message: 'm', remedy: 'r'});

describe('what holds a step', () => {
  it('counts the blockers that are decided there, and no others', () => {
    expect(isBlockedAt('device', [finding('interrupt-remapping-missing')])).toBe(true);
    expect(isBlockedAt('device', [finding('memory-too-large'), finding('cpu-too-few-cores')])).toBe(false);
    expect(isBlockedAt('memory', [finding('memory-too-large')])).toBe(true);
  });

  it('does not count warnings', () => {
    expect(isBlockedAt('device', [finding('device-no-reset', 'warning')])).toBe(false);
  });
});
