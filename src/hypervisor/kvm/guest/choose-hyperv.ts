import {libvirtOf} from '../../../facts/virtualisation.ts';
import {ownValue} from '../../../decode/own-value.ts';
import {isAtLeast} from '../../../facts/versions.ts';
import type {PlanContext} from '../../../plan/context.ts';
import {listWords} from '../../../words/list-words.ts';

type Enlightenment = {readonly since: string; readonly needs: readonly string[]; readonly isProposed: boolean};

/**
 * Since which libvirt, and what each needs (libvirt: formatdomain, "Hypervisor features"; from 11.9.0 on a domain
 * with missing dependencies is refused). Not proposed: `reset` and `reenlightenment` (QEMU advises against, or only of
 * use when nested), `evmcs` (Intel, nested), `avic` (needs its hardware).
 */
const enlightenments: Readonly<Record<string, Enlightenment>> = {
  relaxed: {since: '1.0.0', needs: [], isProposed: true},
  vapic: {since: '1.1.0', needs: [], isProposed: true},
  spinlocks: {since: '1.1.0', needs: [], isProposed: true},
  vpindex: {since: '1.3.3', needs: [], isProposed: true},
  runtime: {since: '1.3.3', needs: [], isProposed: true},
  synic: {since: '1.3.3', needs: ['vpindex'], isProposed: true},
  stimer: {since: '1.3.3', needs: ['vpindex', 'synic'], isProposed: true},
  reset: {since: '1.3.3', needs: [], isProposed: false},
  frequencies: {since: '4.7.0', needs: [], isProposed: true},
  reenlightenment: {since: '4.7.0', needs: [], isProposed: false},
  tlbflush: {since: '4.7.0', needs: ['vpindex'], isProposed: true},
  ipi: {since: '4.10.0', needs: ['vpindex'], isProposed: true},
  evmcs: {since: '4.10.0', needs: ['vapic'], isProposed: false},
  avic: {since: '8.10.0', needs: [], isProposed: false},
};

/** Known to every libvirt that is still in use. */
const oldest = '1.1.0';

export const chooseHyperv = (context: PlanContext): readonly string[] => {
  const {profile, facts} = context;
  const wanted = profile.guest.hyperv;
  if (wanted === 'none') return [];
  if (wanted === 'auto') {
    if (!profile.guest.os.startsWith('windows')) return [];
    const version = libvirtOf(facts).version ?? oldest;
    const offered = Object.entries(enlightenments)
      .filter(
        ([name, one]) =>
          one.isProposed && isAtLeast(version, one.since) && (libvirtOf(facts).hypervFeatures?.includes(name) ?? true),
      )
      .map(([name]) => name);
    const complete = offered.filter((name) =>
      (enlightenments[name]?.needs ?? []).every((need) => offered.includes(need)),
    );
    context.decide(
      'guest.hyperv',
      complete.join(', '),
      libvirtOf(facts).version === null
        ? 'the libvirt version is unknown, so only what every version has'
        : `what QEMU recommends for Windows and libvirt ${libvirtOf(facts).version} accepts`,
    );
    return complete;
  }
  return checkGiven(context, wanted);
};

const checkGiven = (context: PlanContext, wanted: readonly string[]): readonly string[] => {
  const {version} = libvirtOf(context.facts);
  for (const name of wanted) {
    const problem = problemOfHyperv(name, wanted, version);
    if (problem === null) continue;
    context.report('blocker', 'guest-option-unsupported', {
      subject: 'guest.hyperv',
      message: `${problem.what}.`,
      remedy:
        problem.missing.length > 0
          ? `Add ${problem.missing.join(', ')} to guest.hyperv.`
          : `Known here: ${Object.keys(enlightenments).join(', ')}; or use auto.`,
    });
  }
  return wanted.filter((name) => Object.hasOwn(enlightenments, name));
};

/** Why a plan would refuse one of these features, as a sentence without its full stop; `null` where it takes it. */
export const problemOfHyperv = (
  name: string,
  wanted: readonly string[],
  version: string | null,
): {readonly what: string; readonly missing: readonly string[]} | null => {
  const known = ownValue(enlightenments, name);
  if (known === undefined) return {what: `${name} is no Hyper-V feature of libvirt`, missing: []};
  const missing = known.needs.filter((need) => !wanted.includes(need));
  if (version !== null && !isAtLeast(version, known.since))
    return {what: `${name} needs libvirt ${known.since}, and this is ${version}`, missing};
  return missing.length === 0 ? null : {what: `${name} needs ${listWords(missing)}`, missing};
};
