import type {HostFacts} from '../../facts/host-facts.ts';
import {certificateOf, isEnrolled, nextCertificate, refusesUnsigned, trustOf} from '../../facts/module-trust.ts';
import type {OutsideModule, SigningCertificate} from '../../facts/signing.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import type {Task, TaskCommand} from '../task.ts';

/** Modules that the kernel will not let in, why, and what a person does about it; nothing of that is done for them. */
export type Refusal = {
  readonly code: 'module-not-signed' | 'key-not-enrolled';
  readonly modules: readonly OutsideModule[];
  readonly message: string;
  readonly remedy: string;
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

const refuseUnsigned = (facts: HostFacts, modules: readonly OutsideModule[]): Refusal => {
  const certificate = nextCertificate(facts);
  const builds = [...new Set(modules.flatMap((module) => buildsOf(module)))];
  const enrolment = certificate === null || isEnrolled(facts, certificate) ? null : enrol(facts, certificate);
  const sign: Task = {
    id: 'sign-modules',
    title: 'Sign the modules',
    why: whyBuild(facts, builds.length > 0, certificate),
    commands: builds.map(asRoot),
  };
  return {
    code: 'module-not-signed',
    modules,
    message: `${refused(modules)} not signed, and ${reason(facts)}. modprobe then says "Key was rejected by service".`,
    remedy: [sayCommands(builds), sign.why, enrolment?.remedy ?? ''].filter(Boolean).join(' '),
    tasks: [sign, ...(enrolment?.tasks ?? [])],
  };
};

const buildsOf = ({dkms, kernel}: OutsideModule): readonly string[] =>
  dkms === null
    ? []
    : ['build', 'install'].map((action) => `dkms ${action} --force ${quoteForShell(dkms)} -k ${quoteForShell(kernel)}`);

const whyBuild = (facts: HostFacts, isBuiltByDkms: boolean, certificate: SigningCertificate | null): string => {
  const signs = isBuiltByDkms
    ? 'DKMS 3 and newer signs each module that it builds'
    : 'No DKMS build of it was found. Install it through DKMS 3 or newer, which signs each module that it builds';
  if (certificate !== null) return `${signs}, here for ${certificate.path}.`;
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

/** What shim shows at the next boot (mokutil(1), shim's MokManager). */
const blueScreen =
  'At the blue screen "MOK management" press a key within 10 seconds, then choose Enroll MOK, Continue, Yes, type the password, and choose Reboot';

const enrol = (facts: HostFacts, {path}: SigningCertificate): Pick<Refusal, 'remedy' | 'tasks'> => {
  const {isUsed, isWaiting} = facts.signing.shim;
  if (isUsed === false)
    return {
      remedy:
        'The boot did not go through shim, and only shim reads keys that mokutil enrols: start with your distribution’s signed shim, or do without the module.',
      tasks: [],
    };
  const commands = isWaiting
    ? ['mokutil --list-new']
    : [`mokutil --import ${quoteForShell(path)}`, 'mokutil --list-new'];
  const steps = isWaiting
    ? `A key waits to be enrolled. Reboot. ${blueScreen}.`
    : `mokutil asks for a new password, which you type once more at the next boot. ${blueScreen}.`;
  return {
    remedy: isWaiting
      ? `${steps} \`sudo mokutil --list-new\` shows the key.`
      : `Run ${sayCommands(commands).replace(/\.$/, '')} (it asks for a new password), and reboot. ${blueScreen}.`,
    tasks: [{id: 'enrol-key', title: 'Enrol the key that signs modules', why: steps, commands: commands.map(asRoot)}],
  };
};

const asRoot = (text: string): TaskCommand => ({text, needsRoot: true});

const sayCommands = (commands: readonly string[]): string =>
  commands.length === 0 ? '' : `${commands.map((command) => `\`sudo ${command}\``).join(', ')}.`;

/** `Kernel A refuses i915, and kernel B refuses kvmfr: they are`. */
const refused = (modules: readonly OutsideModule[]): string => {
  const kernels = [...new Set(modules.map(({kernel}) => kernel))];
  const told = kernels.map((kernel, index) => {
    const names = modules.filter((module) => module.kernel === kernel).map(({name}) => name);
    return `${index === 0 ? 'Kernel' : 'kernel'} ${kernel} refuses ${names.join(' and ')}`;
  });
  return `${told.join(', and ')}: ${modules.length === 1 ? 'it is' : 'they are'}`;
};

const reason = ({boot, signing}: HostFacts): string => {
  if (boot.secureBoot === true) return 'Secure Boot is on';
  return signing.isEnforced === true
    ? 'module.sig_enforce is set'
    : `the kernel is locked down (${boot.lockdown ?? 'unknown'})`;
};
