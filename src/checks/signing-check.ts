import type {HostFacts} from '../facts/host-facts.ts';
import {refusesUnsigned, trustOf} from '../facts/module-trust.ts';
import {mayServeGuests, type OutsideModule} from '../facts/signing.ts';
import {about, type Check} from '../findings/check.ts';
import {refusalsOf, remedyOf} from '../plan/signing/refusal.ts';
import {quoteForShell} from '../words/quote-for-shell.ts';

/** Nothing to say where no module from outside the kernel is installed that a guest may need. */
export const checkSigning = (facts: HostFacts): readonly Check[] => {
  const modules = facts.signing.modules.filter((module) => isForGuests(facts, module));
  if (modules.length === 0 || !refusesUnsigned(facts)) return [];
  const {ok, info, warning} = about('module-signatures', 'Signatures of modules');
  const refusals = refusalsOf(facts, modules);
  if (refusals.length > 0) return [warning(refusals.map(({message}) => message).join(' '), remedyOf(refusals))];
  const unknown = modules.filter((module) => trustOf(facts, module) === 'unknown');
  if (unknown.length === 0) return [ok(`The kernel accepts ${list(modules)}.`)];
  const why = unknown.some(({isSigned}) => isSigned === null)
    ? 'the signature cannot be read here'
    : 'the signature is there, but the key is neither enrolled nor found on this host';
  return [
    info(
      `Whether the kernel accepts ${list(unknown)} is unknown: ${why}.`,
      `\`sudo modprobe ${quoteForShell(unknown[0]?.name ?? '')}\` shows it for the running kernel.`,
    ),
  ];
};

/** A driver of a card here counts as well: its maker's own may be in the place of the kernel's. */
const isForGuests = ({pci}: HostFacts, {name}: OutsideModule): boolean =>
  mayServeGuests(name) || pci.some(({driver}) => driver?.replaceAll('-', '_') === name);

const list = (modules: readonly OutsideModule[]): string =>
  modules.map(({name, kernel}) => `${name} (${kernel})`).join(', ');
