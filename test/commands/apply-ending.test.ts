import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {apply} from '../../src/commands/apply.ts';
import {readHost} from '../../src/host/read-host.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath} from '../support/run-cli.ts';

it('the end of apply says what the reboot does, and does not promise a card that stays with the host', () => {
  const {profile} = decodeProfile(readFileSync(profilePath('sriov-nic'), 'utf8'), 'sriov-nic.yaml');
  if (profile === null) throw new Error('not decoded');
  const preview = previewChanges(readHost(openSource(unpackHost('sriov-nic'), null)), profile);
  const same = (text: string): string => text;
  const text = apply.describe(
    {
      kind: 'ended',
      preview,
      reboot: {rebootRequired: true, pending: true},
      isTrial: false,
      isSavedPlan: false,
      flags: '',
      tasks: [],
      outcome: 'applied',
      id: '20261201T011557Z-ffd4',
    },
    {hasColor: false, columns: 80, program: 'vfio-pilot', typed: (command) => `vfio-pilot ${command}`, hint: same},
  );
  expect(text.split('\n').slice(1, 4)).toEqual([
    'Applied as 20261201T011557Z-ffd4.',
    'Reboot now: the next boot makes everything ready for the guest.',
    'After the reboot:  sudo vfio-pilot verify',
  ]);
});
