import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {readHost} from '../../src/host/read-host.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {chooseTheme} from '../../src/ui/theme.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, escape, down, left, right, backspace} = keys;
const suspend = '\u001a';
const [lineStart, emptyField, eraseWord] = ['\u0001', '\u0015', '\u0017'];
const at = async (count: number, overrides: Parameters<typeof sampleServices>[0] = {}) => {
  const wizard = openWizard(sampleServices(overrides));
  await wizard.press(...Array.from({length: count}, () => enter));
  return wizard;
};
const rowOf = (frame: string, label: string): string =>
  frame.split('\n').find((row) => row.replace(/^❯/, ' ').trimStart().startsWith(label)) ?? '';

describe('a number that is typed', () => {
  it('is refused in one row of 80 columns, with the bound', async () => {
    const wizard = await at(3);
    const refused = await wizard.press('99999', enter);
    expect(refused).toMatch(/99999 MiB is more than this host has \(\d+ [MG]iB\)\. Still /);
  });

  it('counts as a whole: 999 vCPUs never become 9, and the step is not left with them', async () => {
    const wizard = await at(2);
    const proposed = /‹ (\d+) ›/.exec(rowOf(wizard.frame(), 'vCPUs'))?.[1];
    const refused = await wizard.press('999', enter);
    expect(refused).toContain(`999 is more than this host has (24). Still ${proposed}; Esc keeps that.`);
    expect(refused).toContain('step 3 of 9  CPU');
    expect(rowOf(refused, 'vCPUs')).toContain('‹ 999▏ ›');
    expect(rowOf(await wizard.press(down), 'vCPUs')).toContain('❯ vCPUs');
    expect(rowOf(await wizard.press(escape), 'vCPUs')).toContain(`‹ ${proposed} ›`);
    expect(await wizard.press(enter)).toContain('step 4 of 9  Memory');
  });

  it('is taken over when the focus moves', async () => {
    const wizard = await at(2);
    expect(rowOf(await wizard.press('8', down), 'vCPUs')).toContain('  8');
  });

  it.each([
    ['15.5', '15.5 GiB'],
    ['15.5 GiB', '15.5 GiB'],
    ['15872', '15.5 GiB'],
    ['3072m', '3 GiB'],
    ['12', '12 GiB'],
  ])('%s is a size of %s', async (text, size) => {
    const wizard = await at(3);
    expect(rowOf(await wizard.press(text), 'Guest memory')).toContain(`‹ ${text}▏ = ${size} ›`);
    expect(rowOf(await wizard.press(down), 'Guest memory')).toContain(`  ${size}`);
  });

  it.each(['15.3', '1.2.3', '12 apples', '999'])('%s is refused as a size, with the old one kept', async (text) => {
    const wizard = await at(3);
    const before = /‹ (.*) ›/.exec(rowOf(wizard.frame(), 'Guest memory'))?.[1];
    const refused = await wizard.press(text, enter);
    expect(refused).toContain('step 4 of 9  Memory');
    expect(refused).toContain(`Still ${before}; Esc keeps that.`);
    expect(rowOf(await wizard.press(escape), 'Guest memory')).toContain(`‹ ${before} ›`);
  });
});

describe('text fields', () => {
  it('let the cursor move, and take text where it is', async () => {
    const wizard = await at(4);
    await wizard.press(down, emptyField, 'wn');
    expect(await wizard.press(left, 'i')).toContain('› wi▏n');
    expect(await wizard.press(lineStart, 'x', right, backspace)).toContain('› x▏in');
    expect(await wizard.press(emptyField, 'one two', eraseWord)).toContain('› one ▏');
  });
});

describe('panes and lists', () => {
  it('move by j and k, and to the ends by g and G', async () => {
    const wizard = await at(5);
    expect(await wizard.press('j')).toContain('❯ replace');
    expect(await wizard.press('G')).toContain('❯ run');
    expect(await wizard.press('k')).toContain('❯ create');
    expect(await wizard.press('g')).toContain('❯ Findings');
  });

  it('scroll to the ends of a pane that is alone', async () => {
    const checks = Array.from({length: 40}, (_, index) => ({
      id: `check-${index}`,
      status: 'ok' as const,
      title: `Check ${index} of many`,
      fact: 'fine',
      remedy: null,
    }));
    const wizard = await at(0, {checks});
    expect(await wizard.press('G')).toContain('Check 39 of many');
    expect(await wizard.press('g')).toContain('Check 0 of many');
    expect(await wizard.press('j', 'j', 'j')).not.toContain('Check 0 of many');
  });

  it('are searched by /, n and N, around the end, and say where nothing matches', async () => {
    const wizard = await at(5);
    await wizard.press('j', 'j');
    expect(await wizard.press('/', 'DRIVER3')).toContain('/DRIVER3▏');
    expect(wizard.frame()).toContain('softdep driver3 pre');
    expect(await wizard.press(enter, 'n')).toContain('driver30 pre');
    expect(await wizard.press('N', 'N')).toContain('driver39 pre');
    expect(await wizard.press('/', 'nowhere')).toContain('No row has "nowhere".');
    expect(await wizard.press(escape)).not.toContain('nowhere');
  });
});

describe('the change', () => {
  it('comes before its reasons', async () => {
    const frame = await (await at(5)).press('j');
    expect(frame.indexOf('+GRUB_CMDLINE')).toBeLessThan(frame.indexOf('The card has to be with vfio-pci'));
    expect(frame).not.toContain('because The');
  });
});

describe('a finding', () => {
  const tooLarge = {
    code: 'memory-too-large',
    severity: 'blocker',
    subject: 'memory.size',
    message: 'm',
    remedy: 'r',
  } as const;
  const {preview} = sampleServices();
  const blocked = {
    preview: (profile: Parameters<typeof preview>[0]) => ({...preview(profile), findings: [tooLarge]}),
  };

  it('names the step and the setting, and a key goes there', async () => {
    const wizard = await at(5, blocked);
    expect(wizard.frame()).toContain('[1] Memory › Guest memory');
    const there = await wizard.press('1');
    expect(there).toContain('step 4 of 9  Memory');
    expect(there).toContain('❯ Guest memory');
  });

  it('is reached from the last step too', async () => {
    const wizard = await at(7, blocked);
    expect(wizard.frame()).toContain('Blocked: solve what is listed below, then apply.');
    expect(await wizard.press('1')).toContain('step 4 of 9  Memory');
  });

  it('about the binding leads to a field for it', async () => {
    const unknown = {...tooLarge, code: 'initramfs-unknown', subject: 'initramfs'} as const;
    const {preview: whole} = sampleServices();
    const wizard = await at(5, {preview: (profile) => ({...whole(profile), findings: [unknown]})});
    expect(wizard.frame()).toContain('[1] Risks › Give the card');
    expect(await wizard.press('1', right)).toContain('‹ when the guest starts ›');
  });
});

describe('consent', () => {
  it('is typed at once, also where the way in which the card is given has the focus', async () => {
    const facts = readHost(openSource(unpackHost('ryzen-two-cards'), null));
    const wizard = openWizard(sampleServices({facts}));
    const risks = await wizard.press(enter, down, enter);
    expect(risks).toContain('❯ Give the card');
    expect(risks).toContain('Lose 0000:0b:00.0     –');
    const accepted = await wizard.press('accept');
    expect(accepted).toContain('❯ Lose 0000:0b:00.0     accept');
    expect(accepted).toContain('You accepted this.');
  });
});

describe('the machine at hand', () => {
  it('is read-only for who is not root, said from the first frame on', async () => {
    const {frame} = await at(0, {canApply: {ok: false, label: 'read-only: not root', reason: 'Only root can.'}});
    expect(frame().split('\n')[0]).toBe('vfio-pilot read-only: not root  step 1 of 9  Host checks');
  });

  it('gets the discrete card proposed before the integrated one', async () => {
    const host = sampleHost();
    const [card] = host.pci.filter((one) => one.address === '0000:06:00.0');
    if (card === undefined) throw new Error('The sample host has lost its card.');
    const integrated = {
      ...card,
      address: '0000:00:02.0' as const,
      vendor: '8086',
      device: '3e9b',
      upstream: [],
      iommuGroup: 3,
      name: 'UHD Graphics 630',
    };
    const discrete = {...card, bootVga: true};
    const pci = [integrated, ...host.pci.map((one) => (one === card ? discrete : one))];
    const groups = [...host.iommu.groups, {id: 3, type: null, reservedRegions: [], devices: [integrated.address]}];
    const wizard = await at(1, {facts: {...host, pci, iommu: {...host.iommu, groups}}});
    expect(rowOf(wizard.frame(), '(•)')).toContain('0000:06:00.0');
    const frame = wizard.frame();
    expect(frame.indexOf('✓ 0000:06:00.0')).toBeLessThan(frame.indexOf(' 0000:00:02.0'));
  });

  it('keeps the settings of a profile whose card is elsewhere, and says so', async () => {
    const profile = proposeProfile(sampleHost(), ['0000:06:00.0']);
    const [device] = profile.devices;
    if (device === undefined) throw new Error('No device was proposed.');
    const moved = {
      ...profile,
      devices: [{...device, address: '0000:41:00.0' as const}],
      cpu: {...profile.cpu, vcpus: 6},
    };
    const wizard = openWizard(sampleServices({savedProfiles: [{path: '/p.yaml', profile: moved, text: ''}]}), {
      isAtHome: true,
    });
    await wizard.press(down, enter, enter);
    expect(wizard.frame()).toMatch(/profile’s device 0000:41:00\.0 \(10de:1c81\) is not in this machine/);
    expect(rowOf(await wizard.press(enter), 'vCPUs')).toContain('‹ 6 ›');
  });

  it('without any device says that there is nothing to give', async () => {
    const wizard = await at(1, {facts: sampleHost({pci: []})});
    expect(wizard.frame()).toContain('This machine has no PCI device to give to a guest. q leaves.');
  });
});

describe('the terminal', () => {
  it('goes to the shell on Ctrl-Z, and not while a transaction runs', async () => {
    const wizard = await at(7, {apply: () => new Promise(() => undefined)});
    await wizard.press(suspend);
    expect(wizard.suspensions()).toBe(1);
    await wizard.press('apply', enter, suspend);
    expect(wizard.suspensions()).toBe(1);
  });

  it('gets ASCII on the Linux console, whatever its locale', () => {
    expect(chooseTheme({LANG: 'de_DE.UTF-8', TERM: 'linux'}).spell('❯ ✓ ↪ ▏')).toBe('> + > _');
    expect(chooseTheme({LANG: 'de_DE.UTF-8', TERM: 'xterm'}).spell('❯')).toBe('❯');
  });

  it('is never written to in blue', () => {
    const theme = chooseTheme({LANG: 'C.UTF-8'});
    expect(['info', 'memory', 'key', 'device'].map((tone) => theme.styleOf(tone as 'info').color)).not.toContain(
      'blue',
    );
  });
});
