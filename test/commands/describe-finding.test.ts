import {expect, it} from 'vitest';
import {describeFindings} from '../../src/commands/describe-finding.ts';
import type {Finding} from '../../src/findings/finding.ts';

const style = {hasColor: false, hint: (text: string) => text};
const finding = (message: string): Finding => ({
  code: 'grub-not-editable',
  severity: 'note',
  subject: '/etc/default/grub',
  at: {file: '/etc/default/grub', line: 2, column: 20},
  message,
  remedy: 'Look.',
});

it('names the place of a finding first', () => {
  expect(describeFindings([finding("This file can't be edited.")], style)).toContain(
    "note /etc/default/grub:2:20: This file can't be edited.",
  );
});
