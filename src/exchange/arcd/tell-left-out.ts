import type {Node} from 'yaml';
import type {ProfileGuest} from '../../profile/profile.ts';
import {shorten} from '../../profile/scalars.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {
  placeOf,
  readFlag,
  readList,
  readNumber,
  readSection,
  readText,
  readTexts,
  type Section,
  type Tell,
  valueAt,
} from './reader.ts';

export type Shown = {
  readonly guest: Pick<ProfileGuest, 'name' | 'phase' | 'cdrom' | 'diskSizeMiB' | 'lookingGlass'>;
  readonly hasGpu: boolean;
};

/** How the guest is seen: a profile has no keys for that, so that each part of it is said. */
export const tellDisplay = (config: Section, {guest, hasGpu}: Shown, tell: Tell): void => {
  const {name, phase} = guest;
  const introspect = readText(config, 'introspect', tell);
  const hasLookingGlass = introspect !== 'none';
  const isSpice = readFlag(config, 'spice', false, tell);
  const spicePort = readNumber(config, 'spicePort', {least: 1, most: 65_535, fallback: 5900}, tell);
  const vncPort = readNumber(config, 'vncPort', {least: -65_535, most: 65_535, fallback: -1}, tell);
  const isVnc = vncPort >= 5900 && vncPort <= 5999;
  const viewer = `virt-viewer ${name} shows it.`;
  if (phase === 'run' && !hasLookingGlass && !hasGpu)
    tell(
      'blocker',
      placeOf(config, 'nographics'),
      {
        message: 'The guest has no display at all: no emulated one (nographics), no Looking Glass and no GPU.',
        remedy: 'Write nographics: false, or give it a GPU, and import it again.',
      },
      'guest-without-display',
    );
  if (readFlag(config, 'startintro', false, tell) && phase === 'run')
    tell('note', placeOf(config, 'startintro'), {
      message: 'arcd starts the viewer of the guest with it (startintro). Here nothing starts one.',
      remedy: hasLookingGlass
        ? 'Start it yourself, once the guest runs: looking-glass-client'
        : 'Nothing to do where the guest has a screen of its own.',
    });
  if (isSpice)
    tell('note', placeOf(config, 'spice'), {
      message: `A profile has no key for SPICE (arcd: 127.0.0.1, port ${spicePort}). ${guest.lookingGlass === null ? 'As long as the guest has an emulated screen, it is VNC on 127.0.0.1.' : 'The window of Looking Glass has SPICE where QEMU has it, on a port that libvirt chooses.'}`,
      remedy: viewer,
    });
  if (isVnc)
    tell('note', placeOf(config, 'vncPort'), {
      message: `arcd opens VNC on port ${vncPort} of all addresses, without a password. Here VNC is on 127.0.0.1 only, on a port that libvirt chooses.`,
      remedy: viewer,
    });
  if (phase === 'prepare' && !isSpice && !isVnc)
    tell('note', placeOf(config, 'nographics'), {
      message: 'arcd shows this guest in a window of QEMU. Here its emulated screen is VNC on 127.0.0.1.',
      remedy: viewer,
    });
};

/** What differs for the system in the guest, and for a new one. */
export const tellSystem = (config: Section, {guest}: Shown, tell: Tell): void => {
  const {name, phase, cdrom, diskSizeMiB} = guest;
  const installs = readText(config, 'installOs', tell);
  const container = placeOf(config, 'container');
  if (installs !== null && installs !== 'none')
    tell('warning', placeOf(config, 'installOs'), {
      message: `arcd installs ${shorten(installs)} by itself (installOs). vfio-pilot does not: you install the system from its medium.`,
      remedy: `By itself with libvirt's own program, as a guest of another name: virt-install --name ${name}-setup --osinfo ${quoteForShell(installs)} --memory 4096 --vcpus 4 --disk size=${(diskSizeMiB ?? 40_960) / 1024} --cdrom ${quoteForShell(cdrom ?? '/PATH/OF/ISO')} --unattended`,
    });
  if (cdrom !== null && phase !== null)
    tell('note', container, {
      message: `The guest has ${cdrom} in its drive only in the phase install, and is in ${phase}.`,
      remedy: `To install from it, write \`phase: install\` into guest of the profile; afterwards: \`vfio-pilot guest phase ${name} ${phase}\`.`,
    });
  tell('note', container, {
    message:
      'The disk is on SATA, as under arcd, so that the guest starts from it. The network card was an rtl8139 and is an e1000e.',
    remedy: `virtio is faster: once the guest has its drivers (Linux has them, Windows from virtio-win), change both with virsh edit ${name}.`,
  });
};

export const tellPorts = (config: Section, name: string, tell: Tell): void => {
  const ssh = readNumber(config, 'sshPort', {least: -1, most: 65_535, fallback: 2222}, tell);
  const connectivity = readSection(valueAt(config, 'connectivity'), 'connectivity', ['exposedPorts'], tell);
  const port = {least: 1, most: 65_535, fallback: 0} as const;
  const exposed = readList(connectivity, 'exposedPorts', tell).map((node, index) => {
    const one = readSection(node, `connectivity.exposedPorts[${index}]`, ['guest', 'host', 'protocol'], tell);
    const protocol = readText(one, 'protocol', tell) ?? 'tcp';
    return `${readNumber(one, 'host', port, tell)}/${shorten(protocol)} to ${readNumber(one, 'guest', port, tell)}`;
  });
  const all = [...(ssh < 0 ? [] : [`${ssh}/tcp to 22`]), ...exposed];
  if (all.length > 0)
    tell('note', ssh < 0 ? placeOf(config, 'connectivity') : (valueAt(config, 'sshPort') ?? config.node), {
      message: `arcd forwards ports of the host to the guest: ${all.join(', ')}. The guest's network of libvirt does not.`,
      remedy: `From this host, use the guest's own address: virsh domifaddr ${name}`,
    });
};

const spoofs = /x-pci-(?:sub-)?(?:vendor|device)-id=/;

/** Commands and arguments are shown, and nothing ever runs them. */
export const tellCommands = (config: Section, tell: Tell): void => {
  const given = readList(config, 'commands', tell).map((node, index) => {
    const one = readSection(node, `commands[${index}]`, ['arg', 'values'], tell);
    return {node, words: [readText(one, 'arg', tell) ?? '', ...readTexts(one, 'values', tell)]};
  });
  const isSpoof = ({words}: {readonly words: readonly string[]}): boolean => words.some((word) => spoofs.test(word));
  tellArguments(given.filter(isSpoof), tell, 'warning', (list) => ({
    message: `${list}: with this the guest sees another card than the one it has. It is left out.`,
    remedy:
      'Use a driver in the guest that knows the real card; drivers that were altered for such ids are not supported.',
  }));
  tellArguments(
    given.filter((one) => !isSpoof(one)),
    tell,
    'warning',
    (list) => ({
      message: `Arguments of QEMU are left out: ${list}.`,
      remedy: 'Add those that you need with virsh edit, in <qemu:commandline>, or better by libvirt’s own element.',
    }),
  );
  for (const [key, remedy] of Object.entries(commandKeys)) {
    const lists = readList(config, key, tell);
    if (lists.length === 0) continue;
    const lines = lists.flatMap((node, index) => commandsIn(node, `${key}[${index}]`, tell));
    tell('warning', placeOf(config, key), {
      message: `${key} of arcd are left out, and were not run: ${lines.join('; ') || 'none'}.`,
      remedy,
    });
  }
};

const commandKeys: Readonly<Record<string, string>> = {
  startupCommands:
    'If you need them when the guest starts, read them, and put them into a hook of libvirt, in /etc/libvirt/hooks/qemu.d.',
  teardownCommands:
    'If you need them when the guest ends, read them, and put them into a hook of libvirt, in /etc/libvirt/hooks/qemu.d.',
  installCommands: 'If you need them, read them, and run them yourself.',
  appCommands: 'If you need them, read them, and run them yourself while the guest runs.',
};

const mostWords = 200;

const lineOf = (words: readonly string[]): string => shorten(words.map(quoteForShell).join(' '), mostWords);

const commandsIn = (node: Node, name: string, tell: Tell): readonly string[] => {
  const group = readSection(node, name, ['is_root', 'list'], tell);
  const who = readFlag(group, 'is_root', false, tell) ? ' (as root)' : '';
  return readList(group, 'list', tell).map((item, index) => {
    const one = readSection(item, `${name}.list[${index}]`, ['exec', 'args'], tell);
    return `${lineOf([readText(one, 'exec', tell) ?? '', ...readTexts(one, 'args', tell)])}${who}`;
  });
};

type Given = {readonly node: Node; readonly words: readonly string[]};

const tellArguments = (
  given: readonly Given[],
  tell: Tell,
  severity: 'warning',
  say: (list: string) => {readonly message: string; readonly remedy: string},
): void => {
  const [first] = given;
  if (first !== undefined) tell(severity, first.node, say(given.map(({words}) => lineOf(words)).join(', ')));
};
