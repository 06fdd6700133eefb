import type {Preview} from '../changes/preview.ts';
import {partsOf} from '../changes/sum-up.ts';
import type {Check} from '../findings/check.ts';
import {isBlocked} from '../findings/finding.ts';
import {isScripted} from '../hypervisor/hypervisors.ts';
import {quoteForShell} from '../words/quote-for-shell.ts';
import type {Style} from './command.ts';
import {count} from '../words/count.ts';
import {listWords} from '../words/list-words.ts';

/** What a command would be typed with for the same host. */
type Place = {
  readonly typed: Style['typed'];
  /** ` --root DIR`, ` --demo`, ` --host USER@HOST`; empty for this machine. */
  readonly flags: string;
  /** It is another host, read over ssh, where nothing is applied from here. */
  readonly isRemote: boolean;
};

type Planned = {
  readonly preview: Preview;
  readonly needsReboot: boolean;
  /** The profile, or the plan that was saved from it. */
  readonly file: string;
};

/** The last line of `plan`: whether it can be applied, what that is, and the command for it. */
export const planVerdict = ({preview: {plan, findings, changes}, needsReboot, file}: Planned, place: Place): string => {
  if (isBlocked(findings)) {
    const blockers = findings.filter(({severity}) => severity === 'blocker');
    const codes = [...new Set(blockers.map(({code}) => code))];
    return `Blocked by ${count(blockers.length, 'finding')} (${codes.join(', ')}): nothing would be written until ${blockers.length === 1 ? 'it is' : 'they are'} mended or accepted.`;
  }
  if (changes.length === 0) return 'Nothing to do: this host is already as the profile says.';
  if (isScripted(plan) || place.isRemote)
    return `Ready: ${listWords(partsOf(changes, needsReboot))}; next: ${place.typed(`export script ${quoteForShell(file)}${place.flags}`)} > script.sh`;
  return `Ready: ${listWords(partsOf(changes, needsReboot))}; next: ${asRoot(`apply ${quoteForShell(file)}`, place)}`;
};

/** The last line of `check`. A host may be ready with warnings. */
export const checkVerdict = (checks: readonly Check[], place: Place): string => {
  const errors = checks.filter(({status}) => status === 'error');
  if (errors.some(({id}) => id === 'architecture')) return 'Not served: no plan can be made for this host.';
  if (errors.length > 0)
    return `Not ready: ${count(errors.length, 'error')} (${errors.map(({title}) => title).join(', ')}); put ${errors.length === 1 ? 'it' : 'them'} right, then run ${place.typed(`check${place.flags}`)} again.`;
  const warnings = checks.filter(({status}) => status === 'warning').length;
  return `Ready${warnings === 0 ? '' : `, with ${count(warnings, 'warning')}`}; next: ${place.isRemote ? place.typed(`plan PROFILE${place.flags}`) : asRoot('', place)}`;
};

const asRoot = (command: string, {typed, flags}: Place): string =>
  `${flags === '' ? 'sudo ' : ''}${typed(`${command}${flags}`.trim()).trim()}`;
