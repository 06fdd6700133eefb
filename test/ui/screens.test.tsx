import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, down, right} = keys;
const rule = '─'.repeat(80);
const at = async (count: number, overrides = {}) => {
  const wizard = openWizard(sampleServices(overrides));
  await wizard.press(...Array.from({length: count}, () => enter));
  return wizard;
};

describe('screens at 80x24', () => {
  it('shows the checks with what is wrong first', async () => {
    const {lines} = await at(0);
    expect(lines()).toEqual([
      'vfio-pilot  step 1 of 9  Host checks',
      rule,
      'What this host can do, and what you have to change first.',
      rule,
      '! 1 warning   ✓ 1 ok',
      '',
      '! WARNING No OVMF image',
      '  nothing in /usr/share/OVMF',
      '  → Install the package ovmf.',
      '✓ The IOMMU is active',
      '  2 groups in /sys/kernel/iommu_groups',
      ...Array.from({length: 11}, () => ''),
      'Enter next step   Esc back   PgDn/PgUp scroll   m summary   ? help   q leave',
    ]);
  });

  it('shows the ids of a card in a wide terminal too', async () => {
    const wizard = openWizard(sampleServices(), {columns: 160, rows: 50});
    expect((await wizard.press(enter)).split('\n').find((row) => row.startsWith('❯'))).toContain('node 0 10de:1c81');
  });

  it('tells what assigning means, and what shares the group, where the card is chosen', async () => {
    const {frame, lines} = await at(1);
    expect(lines().slice(2, 5).join(' ')).toMatch(/this guest alone.*pinned in RAM.*own connector/);
    expect(lines()[5]).toBe('❯ (•) ✓ 0000:06:00.0 GeForce GTX 1050 +1    group 17 nouveau   node 0 10de:1c81');
    expect(frame()).toContain('✓ A guest can have this card.');
    expect(frame()).toContain('Group 17');
  });

  it('shows other functions on request, and refuses what can not be given away until Enter is pressed again', async () => {
    const needs = [
      {address: '0000:00:1f.2' as const, kind: 'root' as const, chain: '/ is on sda1 → 0000:00:1f.2', spares: []},
    ];
    const wizard = await at(1, {facts: sampleHost({needs})});
    expect(wizard.frame()).not.toContain('0000:00:1f.2');
    expect(await wizard.press('o', '/', 'sata', enter)).toMatch(/The host needs 0000:00:1f\.2[^→]*: \/ is\s+on\s+sda1/);
    expect(await wizard.press(enter)).toContain('A guest can’t have it. Enter again goes on');
    expect(await wizard.press(enter)).toContain('CPU');
  });

  it('adds a device with Space next to the card', async () => {
    const wizard = await at(1);
    await wizard.press(down, ' ');
    expect(wizard.lines()[6]).toMatch(/^❯ \[\+\]/);
    expect(wizard.frame()).toContain('Added to 0000:06:00.0. Enter goes on with both.');
    expect(await wizard.press(keys.up)).toContain('Together with 0000:0a:03.0');
  });

  it('keeps the card that is chosen, where Enter is pressed on the device that was added', async () => {
    const wizard = await at(1);
    // Both are all the graphics cards of this host.
    expect(await wizard.press(down, ' ', enter)).toContain('step 3 of 11  Only card');
    const back = await wizard.press(keys.escape);
    expect(back).toMatch(/\(•\).* 0000:06:00\.0/);
    expect(back).toMatch(/❯ \[\+\].* 0000:0a:03\.0/);
    expect(await wizard.press(' ')).toContain('Taken out again. Enter on this row would replace 0000:06:00.0.');
    expect(await wizard.press(keys.up, ' ')).toContain('It is chosen already.');
    await wizard.press(enter);
    expect(await wizard.press(keys.escape)).not.toContain('[+]');
  });

  it('says where each proposal comes from', async () => {
    const {frame} = await at(2);
    expect(frame()).toMatch(/CPU pinning: .*\n\s+because /);
  });

  it('draws a bar for each node', async () => {
    const {lines} = await at(3);
    const bars = lines().filter((row) => /^ {2}[█▓▒░]{72}$/.test(row));
    expect(bars).toHaveLength(2);
    expect(bars[0]).toContain('█');
    expect(bars[1]).toBe(`  ${'░'.repeat(72)}`);
  });

  it('gives the reason for hiding the hypervisor with the choice', async () => {
    const wizard = await at(4);
    await wizard.press(down, down, down, down, down);
    expect(wizard.frame()).toContain('❯ NVIDIA driver       ‹ automatic ›');
    expect(await wizard.press(right, right, down)).toContain('Hide KVM (Error 43) ‹ automatic: hidden');
    expect(wizard.frame()).toMatch(/because you said that the guest uses an NVIDIA driver before R465/);
  });

  it('lists findings first, then each file with its counts', async () => {
    const {lines} = await at(5);
    expect(lines().slice(3, 8)).toEqual([
      expect.stringMatching(/^❯ Findings: /),
      '  replace +1 -0    /etc/default/grub',
      '  create  +40 -0   /etc/modprobe.d/vfio-pilot.conf',
      '  run              update-initramfs -u',
      expect.stringMatching(/^─/),
    ]);
  });

  it('says what to do next, with the path of the profile', async () => {
    const wizard = await at(7);
    await wizard.press('apply', enter);
    expect(wizard.lines().slice(4, 11)).toEqual([
      '✓ Applied as 2026-01-02T03-04-05.',
      '',
      'Now, by hand and in this order:',
      ' 1. Create the disk image, unless you have it already',
      '    It grows as the guest fills it; 100G is the most that it can take.',
      '    $ sudo qemu-img create -f qcow2 /var/lib/libvirt/images/win11.qcow2 100G',
      ' 2. Give the guest an installer, unless its disk has a system already',
    ]);
    const end = await wizard.press('G');
    expect(end).toContain('  $ sudo vfio-pilot rollback 2026-01-02T03-04-05');
    expect(end).toContain('This list: /home/me/geforce-gtx-1050.yaml.todo.md');
    expect(end).toContain('Profile: /home/me/geforce-gtx-1050.yaml');
  });

  it('names the command for later where this user may not apply', async () => {
    const {frame} = await at(7, {canApply: {ok: false, reason: 'Only root can change this machine.'}});
    expect(frame()).toContain('Only root can change this machine.');
    expect(frame()).toContain('sudo vfio-pilot apply /home/me/geforce-gtx-1050.yaml');
  });
});
