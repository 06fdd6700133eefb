import type {HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import {chooseLineEdit} from '../command-line/edit-command-line.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {joinRendered, renderOwned} from '../render-owned.ts';
import type {Rendered} from '../rendered.ts';
import {renderNixosModule} from './nixos-module.ts';

export const nixosModulePath = '/etc/nixos/vfio-pilot.nix';
const nixosConfigurationPath = '/etc/nixos/configuration.nix';

/**
 * NixOS makes /etc, the initramfs and the boot entries from its configuration, so that nothing else than a module of
 * ours is written: arguments, modprobe.d, udev rules and units in one file. Importing it and building the generation
 * stay with the user, whose configuration may lie anywhere, in a flake as well; the generation before stays in the menu.
 */
export const renderNixos = (facts: HostFacts, plan: Plan): Rendered => {
  const text = renderNixosModule(plan, facts.pci);
  const module = renderOwned(facts, nixosModulePath, text, 0o644, 'A module for your configuration, with all that NixOS is to make from it.');
  const findings = [...judgeArguments(facts, plan), ...(text === '' ? [] : [howToImport(facts)])];
  return joinRendered([module, {artifacts: [], findings}]);
};

/** Whether the configuration names the module, outside comments. */
const isImported = ({files}: HostFacts): boolean => /^[^#\n]*\bvfio-pilot\.nix\b/m.test(files[nixosConfigurationPath]?.text ?? '');

const howToImport = (facts: HostFacts): Finding => {
  const isDone = isImported(facts);
  const isFlake = facts.files['/etc/nixos/flake.nix'] !== undefined;
  const build = `run nixos-rebuild boot${isFlake ? ' --flake /etc/nixos' : ''} and reboot`;
  return {
    code: 'nixos-rebuild-needed',
    severity: isDone ? 'note' : 'warning',
    subject: nixosModulePath,
    message: isDone ? `${nixosModulePath} takes effect with the next generation.` : `${nixosModulePath} takes effect once your configuration imports it.`,
    remedy: isDone ? `After apply, ${build}.` : `After apply, add ./vfio-pilot.nix to imports = [ … ] of ${nixosConfigurationPath} (for a configuration elsewhere, its path${isFlake ? '; a flake in git sees it only after git add' : ''}), then ${build}.`,
  };
};

/** A module can only add to boot.kernelParams. What stands in our own module of an earlier run goes with it. */
const judgeArguments = (facts: HostFacts, plan: Plan): readonly Finding[] => {
  const chosen = chooseLineEdit(facts.boot.commandLine ?? '', editOfPlan(plan));
  if (!chosen.ok) return [againstPlan('blocker', chosen.reason)];
  const textOf = (path: string): string => (facts.files[path]?.text ?? '').replaceAll(/#.*$/gm, '');
  const stale = chosen.tokens.filter(chosen.isStale).map((token) => token.text).filter((word) => !textOf(nixosModulePath).includes(`"${word}"`));
  const isConfigured = stale.some((word) => textOf(nixosConfigurationPath).includes(`"${word}"`));
  return stale.length === 0 ? [] : [againstPlan(isConfigured ? 'blocker' : 'warning', `it was started with ${stale.join(' ')}`)];
};

const againstPlan = (severity: Finding['severity'], reason: string): Finding => ({
  code: 'command-line-not-editable',
  severity,
  subject: nixosConfigurationPath,
  message: `The kernel command line works against the plan, and a module can take nothing away from it: ${reason}.`,
  remedy: 'Remove such arguments from boot.kernelParams of your configuration before nixos-rebuild boot.',
});
