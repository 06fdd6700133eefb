import {describe, expect, it} from 'vitest';
import {guestTasks} from '../../src/hypervisor/kvm/guest/guest-tasks.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {proxmox} from '../../src/hypervisor/proxmox/proxmox.ts';
import {proxmoxFacts} from '../support/proxmox-facts.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const facts = sampleFacts();
const tasksFor = (guest: Partial<Profile['guest']> = {}, host = facts, binding: Profile['binding'] = 'auto') => {
  const profile = sampleProfile();
  return guestTasks(host, planPassthrough(host, {...profile, binding, guest: {...profile.guest, ...guest}}).plan);
};
const ids = ({beforeReboot, afterReboot}: ReturnType<typeof tasksFor>) => [
  beforeReboot.map(({id}) => id),
  afterReboot.map(({id}) => id),
];

describe('what is to be done by hand for a guest', () => {
  it('is everything in order for a new Windows', () => {
    expect(ids(tasksFor({os: 'windows-11', domain: 'new'}))).toEqual([
      ['disk-image', 'installer', 'virtio-drivers'],
      ['first-start', 'monitor', 'card-driver', 'keyboard-and-mouse', 'phase-run'],
    ]);
  });

  it('has no drivers of virtio for Linux, and no installer where the profile has one', () => {
    expect(ids(tasksFor({os: 'linux', domain: 'new', cdrom: '/srv/debian.iso'}))[0]).toEqual(['disk-image']);
  });

  it.each([
    ['apt', 'apt install swtpm swtpm-tools ovmf'],
    ['dnf', 'dnf install swtpm swtpm-tools edk2-ovmf'],
    ['pacman', 'pacman -S swtpm edk2-ovmf'],
    ['zypper', 'zypper install swtpm qemu-ovmf-x86_64'],
    ['rpm-ostree', 'rpm-ostree install swtpm swtpm-tools edk2-ovmf'],
  ] as const)('names the packages that are missing as %s installs them', (packageManager, command) => {
    const virtualisation = {...libvirtOf(facts), hasSwtpm: false, firmware: []};
    const {beforeReboot} = tasksFor({os: 'windows-11', domain: 'new'}, {...facts, packageManager, virtualisation});
    expect(beforeReboot[0]).toMatchObject({id: 'packages', commands: [{text: command, needsRoot: true}]});
  });

  it('has no command to install where it is unknown what installs programs', () => {
    const virtualisation = {...libvirtOf(facts), hasSwtpm: false};
    const host = {...facts, packageManager: null, virtualisation};
    expect(tasksFor({os: 'windows-11', domain: 'new'}, host).beforeReboot[0]?.commands).toEqual([]);
  });

  it('quotes what a shell would take apart, and makes a raw image where the path says so', () => {
    const [disk] = tasksFor({domain: 'new', disk: '/srv/my disk.img'}).beforeReboot;
    expect(disk?.commands[0]?.text).toBe("qemu-img create -f raw '/srv/my disk.img' 100G");
  });

  it('says how keyboard and mouse are switched where the guest takes them over', () => {
    const evdev = ['/dev/input/by-id/usb-One-event-kbd', '/dev/input/by-id/usb-One-event-mouse'];
    const tasks = tasksFor({domain: 'new', evdev, evdevToggle: 'scrolllock'});
    expect(tasks.afterReboot.find(({id}) => id === 'keyboard-and-mouse')).toMatchObject({
      title: 'Press Scroll Lock to switch keyboard and mouse between host and guest',
      commands: [],
    });
  });

  it('says that the desktop ends where the card is lent', () => {
    const start = tasksFor({domain: 'new'}, facts, 'handover').afterReboot.find(({id}) => id === 'first-start');
    expect(start?.why).toContain('Your desktop session ends then');
  });
});

describe('a card without outputs (3D controller)', () => {
  const headless = {
    ...facts,
    pci: facts.pci.map((one) => (one.address === '0000:06:00.0' ? {...one, class: '030200'} : one)),
  };

  it('is reached over the network: no monitor, no second keyboard, and the emulated screen stays', () => {
    const {afterReboot} = tasksFor({os: 'windows-11', domain: 'new'}, headless);
    expect(afterReboot.map(({id}) => id)).toEqual(['first-start', 'remote-screen', 'card-driver']);
    expect(afterReboot.map(({title, why}) => `${title} ${why}`).join(' ')).not.toContain('onitor at the card');
  });

  it('may lose the emulated screen where Looking Glass shows the guest', () => {
    const lookingGlass = {release: 'b7', width: 1920, height: 1080, user: 'me', memory: 'shm', hdr: false};
    const {afterReboot} = tasksFor({domain: 'new', lookingGlass} as never, headless);
    expect(afterReboot.map(({id}) => id)).toContain('phase-run');
  });
});

describe('a card that is lent', () => {
  const {afterReboot} = tasksFor({os: 'windows-11', domain: 'new'}, facts, 'handover');

  it('has its monitor already', () => {
    expect(afterReboot.map(({id}) => id)).not.toContain('monitor');
  });

  it('leaves this host without a window, so the installer is shown by another computer over ssh', () => {
    const start = afterReboot.find(({id}) => id === 'first-start');
    expect(start?.commands.map(({text}) => text)).toEqual([
      'virsh start win10',
      'virt-viewer --connect qemu+ssh://root@HOST/system win10',
    ]);
  });
});

describe('a guest that is moved to the phase run', () => {
  it('is not said to keep its screens', () => {
    const {plan} = planPassthrough(facts, sampleProfile({guest: {domain: 'existing', phase: 'run'}}));
    const guest = {...plan.guest, isNew: false, phase: 'run'};
    const start = guestTasks(facts, {...plan, guest} as typeof plan).afterReboot.find(({id}) => id === 'first-start');
    expect(start?.why).toBe('It has no emulated screen any more.');
  });
});

describe('on Proxmox VE', () => {
  it('is the same with qm, and nothing of libvirt', () => {
    const host = proxmoxFacts({});
    const {plan} = planPassthrough(host, sampleProfile({guest: {os: 'windows-11', domain: 'new', name: 'win11'}}));
    const tasks = proxmox.tasks(host, plan);
    expect(ids(tasks)).toEqual([
      ['disk-image', 'installer', 'virtio-drivers'],
      ['first-start', 'monitor', 'card-driver', 'keyboard-and-mouse', 'emulated-screen'],
    ]);
    const commands = [...tasks.beforeReboot, ...tasks.afterReboot].flatMap((task) => task.commands);
    const set = commands.flatMap(({text}) => /^qm set 100 --(\S+) (\S+)$/.exec(text)?.slice(1) ?? []);
    expect(set.filter((_, index) => index % 2 === 0)).toEqual(['scsi0', 'ide2', 'ide0', 'usb0', 'vga']);
    expect(commands.map(({text}) => text)).toContain('qm start 100');
    expect(commands.every(({text}) => !/virsh|virt-/.test(text))).toBe(true);
  });
});
