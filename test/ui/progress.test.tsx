import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it, vi} from 'vitest';
import {sumUp} from '../../src/ui/sum-up.ts';
import type {Change} from '../../src/changes/change.ts';
import {sampleFiles} from '../support/sample-plan.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleServices} from './sample-services.ts';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const {enter} = keys;
const {facts, preview, proposeProfile} = sampleServices();
const {plan, changes} = preview(proposeProfile(['0000:06:00.0']));
if (plan === null) throw new Error('The sample host has no plan.');

describe('the sentence that sums up', () => {
  it('counts files, commands and the reboot, and says that nothing is removed', () => {
    expect(sumUp(facts, plan, changes)).toBe('2 files, 1 command, a reboot; nothing of yours is removed.');
    expect(sumUp(facts, plan, changes.slice(0, 1))).toBe('1 file, a reboot; nothing of yours is removed.');
    expect(sumUp(facts, plan, [])).toBe('No change: this host is set up like this already.');
  });

  it('names what is removed: files, lines and kernel arguments, and takes a changed line for none', () => {
    const [file] = changes;
    if (file === undefined || file.kind === 'run') throw new Error('The first change is a file.');
    const removed: Change = {...file, kind: 'remove', path: '/etc/old'};
    const content = (text: string) => ({text, encoding: 'utf8', mode: 0o644}) as const;
    const shorter: Change = {...file, kind: 'replace', path: '/etc/long', content: content('kept\none two\n')};
    const changed: Change = {...file, kind: 'replace', path: '/etc/same', content: content('two\nnew\n')};
    const files = sampleFiles({'/etc/long': 'kept\none\ntwo\n', '/etc/same': 'one\n'});
    const {add} = plan.kernelArguments;
    const off = {
      ...plan,
      kernelArguments: {
        ...plan.kernelArguments,
        add: [...add, {text: 'hugepages=0:6144', because: ''}],
        remove: ['amd_iommu=off', 'hugepages=4'].map((text) => ({text, because: ''})),
      },
    };
    expect(sumUp({...facts, files}, off, [removed, shorter, changed])).toBe(
      '3 files, a reboot; removed: /etc/old, lines of /etc/long, kernel argument amd_iommu=off.',
    );
  });

  it('has the whole width on Apply, where there is no list', async () => {
    const wizard = openWizard(sampleServices(), {columns: 160, rows: 50});
    expect(await wizard.press(enter, enter, enter, enter, enter, enter, enter)).toContain(
      'Only this step changes the machine. If one part fails, everything is restored.',
    );
  });

  it('is on Review and on Apply', async () => {
    const wizard = openWizard(sampleServices());
    expect(await wizard.press(enter, enter, enter, enter, enter)).toContain('2 files, 1 command, a reboot; nothing of');
    expect(await wizard.press(enter, enter)).toContain('2 files, 1 command, a reboot; nothing of yours is removed.');
  });
});

describe('a transaction at work', () => {
  it('shows the step of all steps, the time, and the last line of the command', async () => {
    const wizard = openWizard(
      sampleServices({
        apply: (_changes, _plan, onProgress) => {
          onProgress({kind: 'step', title: 'installed /etc/default/grub'});
          onProgress({kind: 'step', title: 'running update-initramfs -u'});
          onProgress({kind: 'output', lastLines: ['first', 'Generating /boot/initrd.img']});
          return new Promise(() => undefined);
        },
      }),
    );
    await wizard.press(enter, enter, enter, enter, enter, enter, enter);
    vi.useFakeTimers({toFake: ['setInterval', 'clearInterval', 'performance']});
    const frame = await wizard.press('apply\r');
    expect(frame).toContain('Applying … step 2 of 3, 0:00.');
    expect(frame).toContain('│ Generating /boot/initrd.img');
    vi.advanceTimersByTime(65_000);
    await wizard.settle();
    expect(wizard.frame()).toContain('step 2 of 3, 1:05.');
  });

  it('counts the steps of a trial where that is what runs', async () => {
    const wizard = openWizard(
      sampleServices({
        trial: {
          preview: ({changes: all}) => ({changes: [...all, ...all]}),
          apply: () => new Promise(() => undefined),
        },
      }),
    );
    await wizard.press(enter, enter, enter, enter, enter, enter, enter);
    expect(await wizard.press('try\r')).toContain('Applying … step 1 of 6');
  });
});
