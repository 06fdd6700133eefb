import type {HostFacts} from '../../facts/host-facts.ts';
import {certificateOf, isEnrolled, nextCertificate, refusesUnsigned, trustOf} from '../../facts/module-trust.ts';
import type {OutsideModule, SigningCertificate} from '../../facts/signing.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import type {Task, TaskCommand} from '../task.ts';
import {listWords} from '../../words/list-words.ts';

/** Modules that the kernel will not let in, why, and what a person does about it; nothing of that is done for them. */
export type Refusal = {
  readonly code: 'module-not-signed' | 'key-not-enrolled';
  readonly modules: readonly OutsideModule[];
  readonly message: string;
  /** Sentences; the same one may be part of several refusals. */
  readonly steps: readonly string[];
  readonly tasks: readonly Task[];
};

/** Of these modules; none where the kernel refuses nothing. */
export const refusalsOf = (facts: HostFacts, modules: readonly OutsideModule[]): readonly Refusal[] => {
  if (!refusesUnsigned(facts)) return [];
  const unsigned = modules.filter((module) => trustOf(facts, module) === 'unsigned');
  const foreign = modules.filter((module) => trustOf(facts, module) === 'key-not-enrolled');
  const certificates = facts.signing.certificates.filter((one) =>
    foreign.some((module) => certificateOf(facts, module) === one),
  );
  return [
    ...(unsigned.length === 0 ? [] : [refuseUnsigned(facts, unsigned)]),
    ...certificates.map((certificate) =>
      refuseForeign(
        facts,
        foreign.filter((module) => certificateOf(facts, module) === certificate),
        certificate,
      ),
    ),
  ];
};

/** What to do about all of them, each step once. */
export const remedyOf = (refusals: readonly Refusal[]): string =>
  [...new Set(refusals.flatMap(({steps}) => steps))].join(' ');

const refuseUnsigned = (facts: HostFacts, modules: readonly OutsideModule[]): Refusal => {
  const certificate = nextCertificate(facts);
  const builds = [...new Set(modules.flatMap((module) => buildsOf(module)))];
  const enrolment = certificate === null || isEnrolled(facts, certificate) ? null : enrol(facts, certificate);
  const why = whyBuild(facts, builds.length > 0, certificate);
  return {
    code: 'module-not-signed',
    modules,
    message: `${refused(modules)} not signed, and ${reason(facts)}. modprobe then says "Key was rejected by service".`,
    steps: [
      builds.length === 0 ? why : `Run ${builds.map((command) => `\`sudo ${command}\``).join(', ')}: ${why}`,
      ...(enrolment?.steps ?? []),
    ],
    tasks: [
      {id: 'sign-modules', title: 'Sign the modules', why, commands: builds.map(asRoot)},
      ...(enrolment?.tasks ?? []),
    ],
  };
};

const buildsOf = ({dkms, kernel}: OutsideModule): readonly string[] =>
  dkms === null
    ? []
    : ['build', 'install'].map((action) => `dkms ${action} --force ${quoteForShell(dkms)} -k ${quoteForShell(kernel)}`);

const whyBuild = (facts: HostFacts, isBuiltByDkms: boolean, certificate: SigningCertificate | null): string => {
  const signs = isBuiltByDkms
    ? 'DKMS 3 and newer signs what it builds'
    : 'No DKMS build of it was found. Install it through DKMS 3 or newer, which signs what it builds';
  if (certificate !== null) return `${signs}, with the key of ${certificate.path}.`;
  return facts.signing.certificates.length > 1
    ? `${signs}. Its output names the certificate; \`vfio-pilot check\` then says how to enrol it.`
    : `${signs}, and makes a key where it has none; \`vfio-pilot check\` then says how to enrol it.`;
};

const refuseForeign = (
  facts: HostFacts,
  modules: readonly OutsideModule[],
  certificate: SigningCertificate,
): Refusal => {
  const {issuer} = certificate.key;
  return {
    code: 'key-not-enrolled',
    modules,
    message: `${refused(modules)} signed with ${issuer === null ? 'a key' : `the key "${issuer}"`} that is not enrolled, and ${reason(facts)}. modprobe then says "Required key not available".`,
    ...enrol(facts, certificate),
  };
};

/** What shim shows at the next boot: its MokManager. */
const blueScreen =
  'At the blue screen "MOK management" press a key within 10 seconds: Enroll MOK, Continue, Yes, the password, Reboot.';

const enrol = (facts: HostFacts, {path}: SigningCertificate): Pick<Refusal, 'steps' | 'tasks'> => {
  const {isUsed, isWaiting} = facts.signing.shim;
  if (isUsed === false)
    return {
      steps: [
        'The boot did not go through shim, and only shim reads keys that mokutil enrols: start with your distribution’s signed shim, or do without the module.',
      ],
      tasks: [],
    };
  const order = `mokutil --import ${quoteForShell(path)}`;
  const title = 'Enrol the key that signs modules';
  const list = 'mokutil --list-new';
  return isWaiting
    ? {
        steps: [`A key waits to be enrolled (\`sudo ${list}\` shows it): reboot.`, blueScreen],
        tasks: [{id: 'enrol-key', title, why: `A key waits for the reboot. ${blueScreen}`, commands: [asRoot(list)]}],
      }
    : {
        steps: [`Run \`sudo ${order}\`, which asks for a new password, and reboot.`, blueScreen],
        tasks: [
          {
            id: 'enrol-key',
            title,
            why: `You choose a password here, and type it again after the reboot. ${blueScreen}`,
            commands: [order, list].map(asRoot),
          },
        ],
      };
};

const asRoot = (text: string): TaskCommand => ({text, needsRoot: true});

/** `Kernel A refuses i915, and kernel B refuses kvmfr: they are`. */
const refused = (modules: readonly OutsideModule[]): string => {
  const kernels = [...new Set(modules.map(({kernel}) => kernel))];
  const told = kernels.map((kernel, index) => {
    const names = new Set(modules.filter((module) => module.kernel === kernel).map(({name}) => name));
    return `${index === 0 ? 'Kernel' : 'kernel'} ${kernel} refuses ${listWords([...names])}`;
  });
  return `${told.join(', and ')}: ${modules.length === 1 ? 'it is' : 'they are'}`;
};

const reason = ({boot, signing}: HostFacts): string => {
  if (boot.secureBoot === true) return 'Secure Boot is on';
  return signing.isEnforced === true
    ? 'module.sig_enforce is set'
    : `the kernel is locked down (${boot.lockdown ?? 'unknown'})`;
};
