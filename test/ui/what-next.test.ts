import {describe, expect, it} from 'vitest';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import type {AssignedDevice} from '../../src/plan/plan.ts';
import {readTicks, renderTodo, typedCommand, updateTodo, whatNext} from '../../src/ui/what-next.ts';
import {isGraphicsCard} from '../../src/facts/pci.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {xcpFacts} from '../support/xen-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const sampleVirtualFunction: AssignedDevice = {
  type: 'virtual-function',
  address: '0000:04:10.0',
  formerly: null,
  of: '0000:04:00.0',
  index: 0,
  count: 1,
  probesDrivers: true,
  network: null,
  vgpu: null,
};
const facts = sampleFacts();
const here = {program: 'vfio-pilot', sudo: 'sudo ', flags: ''};
const tree = {program: 'vfio-pilot', sudo: '', flags: ' --root /mnt'};
const {plan} = planPassthrough(facts, sampleProfile());

describe('what comes after Apply', () => {
  it('has the reboot and the verification between what is done before and after', () => {
    const ids = whatNext(facts, plan, here).map(({id}) => id);
    expect(ids.indexOf('reboot')).toBeLessThan(ids.indexOf('verify'));
    expect(ids.indexOf('verify')).toBeLessThan(ids.indexOf('first-start'));
  });

  it('has no reboot where nothing begins with the kernel, and none of another root', () => {
    const none = {...plan.kernelArguments, add: [], remove: []};
    const late = {
      ...plan,
      kernelArguments: none,
      binding: {...plan.binding, by: 'libvirt' as const},
      memory: {...plan.memory, hugepages: null},
    };
    expect(whatNext(facts, late, here).map(({id}) => id)).not.toContain('reboot');
    // A unit makes virtual functions at each boot.
    const devices = late.devices.map((device) => ({...device, assigned: sampleVirtualFunction}));
    expect(whatNext(facts, {...late, devices}, here).map(({id}) => id)).toContain('reboot');
    expect(whatNext(facts, plan, tree).map(({id}) => id)).not.toContain('reboot');
  });

  it('names the program as it was started where the host is another one too', () => {
    const xcp = xcpFacts();
    const profile = proposeProfile(
      xcp,
      xcp.pci
        .filter(isGraphicsCard)
        .map(({address}) => address)
        .slice(0, 1),
    );
    const tasks = whatNext(xcp, planPassthrough(xcp, profile).plan, {...here, program: 'npx vfio-pilot'});
    const commands = tasks.flatMap((task) => task.commands.map(({text}) => text));
    expect(commands).toContain('npx vfio-pilot verify --profile PROFILE --host root@HOST');
  });

  it('says commands as they work on this root', () => {
    const [command] = whatNext(facts, plan, tree).find(({id}) => id === 'verify')?.commands ?? [];
    expect(command && typedCommand(command, tree)).toBe('vfio-pilot verify --root /mnt');
  });
});

describe('the list as a file', () => {
  const tasks = whatNext(facts, plan, here);
  const list = {profile: 'win11', runId: 'RUN', tasks, done: ['reboot']};

  it('keeps what is ticked, in either case, and ignores what a person adds', () => {
    const text = renderTodo(list, here);
    expect(readTicks(text, 'RUN')).toEqual(['reboot']);
    expect(readTicks(text, 'OTHER')).toEqual([]);
    const edited = `${text.replace('- [ ] Start the guest', '- [X] Start the guest')}- [x] buy a monitor\n`;
    expect(readTicks(edited, 'RUN')).toEqual(['reboot', 'first-start']);
  });

  it('is ticked in its place, so that what a person has written there stays', () => {
    const noted = `${renderTodo(list, here)}\nThe ISO is on the NAS.\n- [ ] buy a monitor\n`;
    const {text, isOldKept} = updateTodo(noted, {runId: 'RUN', done: ['first-start'], text: 'not used'});
    expect(isOldKept).toBe(false);
    expect(readTicks(text, 'RUN')).toEqual(['first-start']);
    expect(text.replaceAll(/\[[x ]\]/g, '')).toBe(noted.replaceAll(/\[[x ]\]/g, ''));
    expect(text).toContain('- [ ] buy a monitor');
  });

  it.each(['', 'my own notes\n', renderTodo({...list, runId: 'OLDER'}, here)])(
    'is never written over another text without keeping that: %j',
    (present) =>
      expect(updateTodo(present, {runId: 'RUN', done: [], text: 'new'})).toEqual({text: 'new', isOldKept: true}),
  );

  it('is written where there is none', () =>
    expect(updateTodo(null, {runId: 'RUN', done: [], text: 'new'})).toEqual({text: 'new', isOldKept: false}));

  it('has each command as this person types it', () => {
    expect(renderTodo(list, here)).toMatch(/^ {6}sudo virsh start /m);
  });
});
