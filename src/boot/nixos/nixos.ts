import {earlyBinding} from '../../binding/early-binding.ts';
import {hugepagesMountUnit, hugepagesUnitName, renderHugepagesUnit} from '../../hypervisor/kvm/hugepages-units.ts';
import {joinRendered, ownHeader, type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import {keeps, looksAt} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {Finding} from '../../findings/finding.ts';
import {chooseLineEdit} from '../../formats/kernel-line/edit.ts';
import {holdsArgument} from '../../formats/kernel-line/tokens.ts';
import {noImages} from '../../image/image-system.ts';
import type {Plan} from '../../plan/plan.ts';
import {
  addByHand,
  type BootChain,
  type ChainPromise,
  type Evidence,
  isSet,
  nothingLater,
  plainLoader,
} from '../boot-chain.ts';
import {editOfPlan} from '../command-line/kernel-cmdline-file.ts';

/**
 * Text of the module; empty when the plan has nothing for it. Both kinds of stage 1 take udev rules; the one with
 * systemd refuses `preDeviceCommands` (nixpkgs: stage-1.nix, initrd-systemd-udev.nix). The rules are in the second
 * stage as well, where vfio-pci is loaded if the first has it not.
 */
export const renderNixosModule = (plan: Plan, pci: readonly PciFunction[]): string => {
  const {initramfsModules} = plan.binding;
  const rules = withoutHeader(earlyBinding(plan).rules(pci));
  const release = renderHugepagesUnit(plan);
  const mount = hugepagesMountUnit(plan);
  const settings = [
    setting('boot.kernelParams', list(plan.kernelArguments.add.map((argument) => argument.text))),
    // First: amdgpu may be in the same list.
    setting('boot.initrd.kernelModules', initramfsModules.length === 0 ? '' : `lib.mkBefore ${list(initramfsModules)}`),
    setting('boot.extraModprobeConfig', lines(withoutHeader(earlyBinding(plan).moduleOptions()))),
    setting('boot.initrd.services.udev.rules', lines(rules)),
    setting('services.udev.extraRules', lines(rules)),
    ...(release === null ? [] : [unit(hugepagesUnitName, release)]),
    ...(mount === null ? [] : [unit(mount.name, mount.text)]),
  ].filter((line) => line !== '');
  return settings.length === 0 ? '' : `${ownHeader('#', plan.profile)}{ lib, ... }:\n{\n${settings.join('')}}\n`;
};

const setting = (name: string, value: string): string => (value === '' ? '' : `  ${name} = ${value};\n`);

const unit = (name: string, text: string): string =>
  setting(
    `systemd.units.${quote(name)}`,
    `{\n    wantedBy = [ "sysinit.target" ];\n    text = ${lines(withoutHeader(text))};\n  }`,
  );

const list = (words: readonly string[]): string => (words.length === 0 ? '' : `[ ${words.map(quote).join(' ')} ]`);

/** nix: a double-quoted string ends at `"` and takes `${` for an expression. */
const quote = (text: string): string => `"${text.replaceAll(/[\\"]/g, '\\$&').replaceAll('${', '\\${')}"`;

/** An indented string, from which Nix takes the blanks that all lines begin with; `''` and `${` are escaped with `''`. */
const lines = (text: string): string =>
  text === ''
    ? ''
    : `''\n${text
        .replaceAll("''", "'''")
        .replaceAll('${', "''${")
        .replaceAll(/^(?=.)/gm, '    ')}  ''`;

const withoutHeader = (text: string): string => text.replace(/^#.*\n/, '');

const nixosModulePath = '/etc/nixos/vfio-pilot.nix';
const nixosConfigurationPath = '/etc/nixos/configuration.nix';

/**
 * NixOS makes /etc, the initramfs and the boot entries from its configuration, so that nothing else than a module of
 * ours is written: arguments, modprobe.d, udev rules and units in one file. Importing it and building the generation
 * stay with the user, whose configuration may lie anywhere, in a flake as well; the generation before stays in the menu.
 */
const render = (facts: HostFacts, plan: Plan): Rendered => {
  const text = renderNixosModule(plan, facts.pci);
  const module = renderOwned(
    facts,
    nixosModulePath,
    text,
    0o644,
    'A module for your configuration, with all that NixOS is to make from it.',
  );
  const findings = [...judgeArguments(facts, plan), ...(text === '' ? [] : [howToImport(facts)])];
  return joinRendered([module, {artifacts: [], findings}]);
};

/** Whether the configuration names the module, outside comments. */
const isImported = ({files}: HostFacts): boolean =>
  /^[^#\n]*\bvfio-pilot\.nix\b/m.test(files[nixosConfigurationPath]?.text ?? '');

const howToImport = (facts: HostFacts): Finding => {
  const isDone = isImported(facts);
  const isFlake = facts.files['/etc/nixos/flake.nix'] !== undefined;
  const build = `run nixos-rebuild boot${isFlake ? ' --flake /etc/nixos' : ''} and reboot`;
  return {
    code: 'nixos-rebuild-needed',
    severity: isDone ? 'note' : 'warning',
    subject: nixosModulePath,
    message: isDone
      ? `${nixosModulePath} takes effect with the next generation.`
      : `${nixosModulePath} takes effect once your configuration imports it.`,
    remedy: isDone
      ? `After apply, ${build}.`
      : `After apply, add ./vfio-pilot.nix to imports = [ … ] of ${nixosConfigurationPath} (for a configuration elsewhere, its path${isFlake ? '; a flake in git sees it only after git add' : ''}), then ${build}.`,
  };
};

/** A module can only add to boot.kernelParams. What is in our own module of an earlier run goes with it. */
const judgeArguments = (facts: HostFacts, plan: Plan): readonly Finding[] => {
  const chosen = chooseLineEdit(facts.boot.commandLine ?? '', editOfPlan(plan));
  if (!chosen.ok) return [againstPlan('blocker', chosen.reason)];
  const textOf = (path: string): string => (facts.files[path]?.text ?? '').replaceAll(/#.*$/gm, '');
  const stale = chosen.tokens
    .filter(chosen.isStale)
    .map((token) => token.text)
    .filter((word) => !textOf(nixosModulePath).includes(`"${word}"`));
  const isConfigured = stale.some((word) => textOf(nixosConfigurationPath).includes(`"${word}"`));
  return stale.length === 0
    ? []
    : [againstPlan(isConfigured ? 'blocker' : 'warning', `it was started with ${stale.join(' ')}`)];
};

const againstPlan = (severity: Finding['severity'], reason: string): Finding => ({
  code: 'command-line-not-editable',
  severity,
  subject: nixosConfigurationPath,
  message: `The kernel command line works against the plan, and a module can take nothing away from it: ${reason}.`,
  remedy: 'Remove such arguments from boot.kernelParams of your configuration before nixos-rebuild boot.',
});

/** There the command is the user's. */
const promises = ({boot: {own}}: HostFacts, plan: Plan): readonly ChainPromise[] => {
  const line = own?.kind === 'generation' ? own.commandLine : null;
  const add = editOfPlan(plan).add;
  const missing = line === null ? [] : add.filter((argument) => !holdsArgument(line, argument));
  if (add.length === 0) return [];
  return [
    {
      status: line === null ? 'unknown' : missing.length === 0 ? 'kept' : 'broken',
      promise: 'The NixOS generation that starts next has the kernel arguments.',
      fact:
        line === null
          ? 'Its kernel-params can not be read.'
          : missing.length === 0
            ? 'They are there.'
            : `It lacks ${missing.join(' ')}.`,
      remedy: missing.length === 0 ? null : 'Is vfio-pilot.nix imported? Then run nixos-rebuild boot.',
    },
  ];
};

const evidence: BootChain['detection']['evidence'] = ({source, commandLine}) => {
  const said = (sentence: string): readonly Evidence[] => [{loader: 'nixos', strength: 'system', sentence}];
  if (isSet(commandLine, 'init=/nix/store/'))
    return said('The kernel command line has init=/nix/store/…: NixOS made this boot entry.');
  return source.exists('/etc/NIXOS')
    ? said('/etc/NIXOS exists: boot entries are made from the NixOS configuration.')
    : [];
};

/** Stage 1 is made with the generation, from our module: a udev rule gives the card away there. */
const maker = noImages('rule');

/** What boot.kernelParams may say: strings of the configuration. Our own module is made anew from each plan. */
const stringsOf = (text: string): readonly string[] =>
  [...text.replaceAll(/^\s*#.*$/gm, '').matchAll(/"((?:[^"\\]|\\[^])*)"/g)].map(([, inside = '']) => inside);

export const nixos: BootChain = {
  name: 'nixos',
  detection: {...plainLoader, evidence},
  files: [
    looksAt('/etc', 'NIXOS', 'presence'),
    keeps('/etc/nixos', 'vfio-pilot.nix'),
    keeps('/etc/nixos', 'configuration.nix flake.nix', 'presence'),
    looksAt('/nix/var/nix/profiles/system', 'kernel-params'),
  ],
  // nixpkgs: nixos/modules/system/activation/top-level.nix
  readOwn: ({source}) => ({
    kind: 'generation',
    commandLine: source.text('/nix/var/nix/profiles/system/kernel-params')?.trim() ?? null,
  }),
  nextArguments: (files) => stringsOf(files[nixosConfigurationPath]?.text ?? ''),
  writer: {
    render,
    rendersWholeHost: true,
    maker,
    makesImagePerEntry: false,
    hypervisorLines: null,
    keptFiles: () => [nixosModulePath],
    promises,
    later: nothingLater,
    trial: null,
    provenBy: [],
  },
  lineEdit: () => null,
  byHand: addByHand,
};
