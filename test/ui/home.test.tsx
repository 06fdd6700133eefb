import {libvirtOf} from '../../src/facts/virtualisation.ts';
import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {TransactionError, UsageError} from '../../src/errors.ts';
import type {PromiseResult} from '../../src/findings/promise-result.ts';
import type {MachineState, WizardServices} from '../../src/ui/services.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, escape, down, interrupt, pageDown} = keys;

const run = {
  id: '20261129T081000Z-d8e3',
  profile: 'win11',
  state: 'applied',
  startedAt: '2026-11-29T08:10:00.000Z',
  toolVersion: '0.1.0',
  failure: null,
  paths: ['/etc/default/grub'],
  backups: [],
  commands: [],
  journal: '/var/lib/vfio-pilot/journal/20261129T081000Z-d8e3',
} as const;
const machine: MachineState = {
  isReadable: true,
  runs: [run],
  applied: {
    id: run.id,
    profile: run.profile,
    startedAt: run.startedAt,
    guest: 'win11',
    nextPhase: null,
    isTrial: false,
    pathCount: 1,
    tasks: [
      {
        id: 'disk-image',
        title: 'Create the disk image',
        why: 'It grows.',
        commands: [{text: 'qemu-img create d', needsRoot: true}],
      },
      {id: 'reboot', title: 'Reboot', why: null, commands: []},
      {id: 'monitor', title: 'Connect a monitor', why: null, commands: []},
    ],
    done: [],
  },
};
const promises: readonly PromiseResult[] = [
  {id: 'file', status: 'kept', promise: 'GRUB is unchanged.', fact: 'It was not changed.', remedy: null},
  {id: 'device-driver', status: 'pending', promise: 'The card is with vfio-pci.', fact: 'nouveau.', remedy: 'Reboot.'},
  {id: 'iommu-active', status: 'broken', promise: 'The IOMMU is active.', fact: 'It is off.', remedy: 'Turn it on.'},
];
const view = {
  id: run.id,
  profile: 'win11',
  startedAt: run.startedAt,
  undone: [
    {
      path: '/etc/default/grub',
      fate: 'restore' as const,
      diff: '--- /etc/default/grub\n+++ /etc/default/grub\n-GRUB="iommu"\n+GRUB=""\n',
    },
  ],
  notes: [],
};

const applied = (overrides: Partial<WizardServices> = {}) =>
  openWizard(
    sampleServices({
      machine,
      verify: () => Promise.resolve(promises),
      planRollback: () => Promise.resolve(view),
      ...overrides,
    }),
    {isAtHome: true},
  );

describe('a guest that has another phase before it', () => {
  const profile = proposeProfile(sampleHost(), ['0000:06:00.0']);
  const inInstall = (overrides: Partial<WizardServices> = {}) => {
    if (!machine.isReadable || machine.applied === null) throw new Error('nothing is applied');
    const state = {...machine.applied, profile: profile.name, guest: profile.guest.name, nextPhase: 'prepare'} as const;
    return applied({
      machine: {...machine, applied: state},
      savedProfiles: [{path: '/home/me/mine.yaml', profile, text: ''}],
      ...overrides,
    });
  };
  const label = `❯ Move guest ${profile.guest.name} on to the phase prepare …`;

  it('is moved on by its profile, with the review of the change', async () => {
    const phases: unknown[] = [];
    const sample = sampleServices();
    const wizard = inInstall({
      preview: (wanted) => {
        phases.push(wanted.guest.phase);
        return sample.preview(wanted);
      },
    });
    expect(await wizard.press(down, down, down)).toContain(label);
    expect(wizard.frame()).toContain(`guest phase ${profile.guest.name} prepare`);
    expect(await wizard.press(enter)).toContain('Review');
    expect(phases).toEqual(['prepare']);
  });

  it('is moved on by a command where its profile is not in this folder', async () => {
    const wizard = inInstall({savedProfiles: []});
    expect(await wizard.press(down, down, down)).toContain(label);
    expect(wizard.frame()).toContain(`$ sudo vfio-pilot guest phase ${profile.guest.name} prepare`);
    expect(await wizard.press(enter)).toContain('Its profile is not in this folder.');
  });

  it('has no such row in a trial, nor after the last phase', async () => {
    if (!machine.isReadable || machine.applied === null) throw new Error('nothing is applied');
    const inTrial = {...machine.applied, nextPhase: 'prepare', isTrial: true} as const;
    for (const state of [inTrial, machine.applied]) {
      const wizard = applied({machine: {...machine, applied: state}});
      expect(wizard.frame()).toContain('Roll back …');
      expect(wizard.frame()).not.toContain('on to the phase');
    }
  });
});

describe('the start screen of a machine with nothing applied', () => {
  it('says so, and goes on to the checks with one key', async () => {
    const wizard = openWizard(sampleServices(), {isAtHome: true});
    expect(wizard.lines().slice(0, 6)).toEqual([
      'vfio-pilot  This machine',
      '─'.repeat(80),
      'Nothing is set up by vfio-pilot on this machine.',
      'Host checks: 1 warning.',
      '❯ Set up a device',
      '  Leave',
    ]);
    expect(await wizard.press(enter)).toContain('step 1 of 9  Host checks');
  });

  it('offers the guests that exist, and goes on with the one that is chosen', async () => {
    const domain = {
      name: 'old',
      uuid: null,
      path: '/etc/libvirt/qemu/old.xml',
      xml: "<domain type='kvm'><name>old</name></domain>",
      isActive: false,
      isAutostart: false,
    };
    const facts = sampleHost({virtualisation: {...libvirtOf(sampleHost()), domains: [domain]}});
    const wizard = openWizard(sampleServices({facts}), {isAtHome: true});
    expect(await wizard.press(down)).toContain('❯ Change the set-up of guest old');
    await wizard.press(enter, enter, enter, enter, enter);
    expect(wizard.frame()).toContain('Virtual machine     ‹ old ›');
  });

  it('says that only root can read it where this user may not', () => {
    const reason = 'Only root can read what is set up on this machine.';
    const wizard = openWizard(sampleServices({machine: {isReadable: false, reason}}), {isAtHome: true});
    expect(wizard.lines().slice(2, 4)).toEqual([reason, '  $ sudo vfio-pilot']);
  });

  it('leaves by q at once: nothing is lost', async () => {
    const wizard = openWizard(sampleServices(), {isAtHome: true});
    await wizard.press('q');
    expect(wizard.outcome()?.reason).toBe('left');
  });
});

describe('the start screen of a machine that is set up', () => {
  it('says what is applied, since when, and what is kept, with what is wrong first', async () => {
    const wizard = applied();
    await wizard.settle();
    expect(wizard.lines().slice(2, 5)).toEqual([
      'Set up for guest win11: profile win11, applied 2026-11-29 08:10 UTC.',
      '✗ 1 not kept   … 1 pending   ✓ 1 kept',
      '❯ Verify again',
    ]);
    const frame = wizard.frame();
    expect(frame.indexOf('NOT KEPT The IOMMU is active.')).toBeLessThan(frame.indexOf('pending The card'));
    expect(frame).toContain('→ Turn it on.');
  });

  it('verifies again on Enter', async () => {
    let calls = 0;
    const wizard = applied({verify: () => Promise.resolve(promises.slice(0, (calls += 1)))});
    await wizard.settle();
    expect(wizard.frame()).toContain('✓ 1 kept');
    expect(await wizard.press(enter)).toContain('… 1 pending   ✓ 1 kept');
  });

  it('says why it could not verify', async () => {
    const wizard = applied({verify: () => Promise.reject(new UsageError('The journal is torn.', 'Roll back.'))});
    await wizard.settle();
    expect(wizard.frame()).toContain('Not verified: The journal is torn.');
    expect(wizard.frame()).toContain('→ Roll back.');
  });

  it('lists the runs', async () => {
    const frame = await applied().press('G', 'k');
    expect(frame).toContain('❯ History');
    expect(frame).toContain('2026-11-29 08:10 UTC  applied  profile win11');
  });
});

describe('the list of what is to be done by hand', () => {
  it('is counted and shown until it is done', async () => {
    const wizard = applied();
    expect(await wizard.press(down)).toContain('❯ To do by hand: 3 left');
    expect(wizard.frame()).toContain(' 1. Create the disk image');
    expect(wizard.frame()).toContain('    $ sudo qemu-img create d');
  });

  it('has the reboot ticked by the verification, and not while something is pending', async () => {
    const kept = applied({verify: () => Promise.resolve(promises.slice(0, 1))});
    await kept.settle();
    expect(await kept.press(down)).toContain('To do by hand: 2 left');
    await kept.press(enter, down);
    expect(kept.frame()).toContain('❯ [✓] Reboot');
    expect(await kept.press(' ')).toContain('The verification shows that this is done.');
  });

  it('is ticked with Space, and saved each time', async () => {
    const saved: string[] = [];
    const wizard = applied({
      saveTodo: ({text}) => {
        saved.push(text);
        return {path: '/home/me/win11.todo.md'};
      },
    });
    await wizard.press(down, enter, ' ');
    expect(wizard.frame()).toContain('❯ [✓] Create the disk image');
    expect(saved.at(-1)).toContain('- [x] Create the disk image <!-- disk-image -->\n  It grows.\n      sudo qemu-img');
    await wizard.press(' ');
    expect(saved.at(-1)).toContain('- [ ] Create the disk image');
    expect(await wizard.press(escape)).toContain('To do by hand: 3 left');
  });

  it('says so when it cannot be saved', async () => {
    const wizard = applied({saveTodo: () => ({problem: '/home/me may not be written by this user.'})});
    expect(await wizard.press(down, enter, ' ')).toContain('The list was not saved: /home/me may not be');
  });
});

describe('a rollback in the wizard', () => {
  const atUndo = async (overrides: Partial<WizardServices> = {}) => {
    const wizard = applied(overrides);
    await wizard.press(down, down, enter);
    return wizard;
  };

  it('shows the diff first, and begins with the word only', async () => {
    let began = 0;
    const wizard = await atUndo({rollback: () => new Promise(() => (began += 1))});
    expect(wizard.frame()).toMatch(/restores 1\s+path to the byte\./);
    expect(wizard.frame()).toContain('-GRUB="iommu"');
    expect(await wizard.press(enter)).toContain('Type rollback, then press Enter. Nothing was written.');
    expect(await wizard.press(pageDown)).toContain('Roll back');
    expect(began).toBe(0);
    expect(await wizard.press('rollback', enter)).toContain('Restoring … step 1, 0:00.');
    expect(began).toBe(1);
  });

  it('shows its progress, and then goes on to the start screen with what is true now', async () => {
    const wizard = await atUndo({
      rollback: (onProgress) => {
        onProgress({kind: 'step', title: 'restored /etc/default/grub'});
        return Promise.resolve({id: run.id, pathCount: 1, needsReboot: true, notes: ['A note about images.']});
      },
    });
    const done = await wizard.press('rollback', enter);
    expect(done).toContain(`✓ Restored to the byte: 1 path of run ${run.id}.`);
    expect(done).toContain('A note about images.');
    expect(done).toContain('$ sudo systemctl reboot');
    await wizard.press(enter);
    expect(wizard.outcome()).toMatchObject({reason: 'again', rolledBackId: run.id, appliedId: null});
  });

  it('asks for no reboot where nothing of the run came with one', async () => {
    const wizard = await atUndo({
      rollback: () => Promise.resolve({id: run.id, pathCount: 1, needsReboot: false, notes: []}),
    });
    const done = await wizard.press('rollback', enter);
    expect(done).toContain('No reboot is needed.');
    expect(done).not.toContain('systemctl reboot');
    await wizard.press(enter);
    expect(wizard.outcome()).toMatchObject({rolledBackId: run.id, needsReboot: false});
  });

  it('says why it is refused, and Esc goes back', async () => {
    const wizard = await atUndo({
      planRollback: () => Promise.reject(new UsageError('/etc/default/grub was edited since.', 'Use --keep-edits.')),
    });
    expect(wizard.frame()).toContain('✗ /etc/default/grub was edited since.');
    expect(await wizard.press(escape)).toContain('❯ Roll back …');
  });

  it('is stopped by Ctrl-C, and never called restored when it was not', async () => {
    let stop: (error: Error) => void = () => undefined;
    let signal: AbortSignal | null = null;
    const wizard = await atUndo({
      rollback: (_onProgress, given) => {
        signal = given;
        return new Promise((_resolve, reject) => (stop = reject));
      },
    });
    await wizard.press('rollback', enter);
    expect(await wizard.press(interrupt)).toContain('Stopping …');
    expect(signal).toMatchObject({aborted: true});
    expect(wizard.outcome()).toBeNull();
    stop(new TransactionError('Stopped.', {step: 'restore', isRestored: false, nextStep: 'Run rollback again.'}));
    await wizard.settle();
    expect(wizard.frame()).toContain('✗ Not everything could be restored.');
    await wizard.press('q');
    expect(wizard.outcome()).toMatchObject({rolledBackId: null, error: expect.any(TransactionError)});
  });
});
