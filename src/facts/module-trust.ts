import type {HostFacts} from './host-facts.ts';
import {isSameKey, type OutsideModule, type SigningCertificate} from './signing.ts';

type Told = Pick<HostFacts, 'boot' | 'kernel' | 'signing'>;

/** Whether the kernel refuses modules that no key it trusts has signed; said to be so where nothing tells the opposite. */
export const refusesUnsigned = ({boot, signing}: Told): boolean => {
  if (signing.isEnforced === true || (boot.lockdown !== null && boot.lockdown !== 'none')) return true;
  if (boot.secureBoot !== true || signing.shim.isValidationOff) return false;
  // Kernels that are locked down by Secure Boot say so; others, like Arch's, only mark what is not signed.
  return boot.lockdown === null || signing.isEnforced === null;
};

/** `unknown`: it is signed, but whether the kernel has that key is not told; or its file can't be read. */
export type ModuleTrust = 'trusted' | 'unsigned' | 'key-not-enrolled' | 'unknown';

export const trustOf = (facts: Told, module: OutsideModule): ModuleTrust => {
  const {kernel, signing} = facts;
  if (isLoaded(facts, module)) return 'trusted';
  if (module.isSigned === null) return 'unknown';
  if (!module.isSigned) return 'unsigned';
  const {key} = module;
  const {enrolled} = signing.shim;
  if (key === null) return 'unknown';
  if (enrolled?.some((one) => isSameKey(one, key)) === true) return 'trusted';
  const isProven = signing.modules.some(
    (other) => other.key !== null && isSameKey(other.key, key) && isLoaded({kernel}, other),
  );
  if (isProven) return 'trusted';
  // The kernel has keys of its own that no file tells; one whose certificate lies here is none of them.
  return enrolled === null || certificateOf(facts, module) === null ? 'unknown' : 'key-not-enrolled';
};

const isLoaded = ({kernel}: Pick<HostFacts, 'kernel'>, module: OutsideModule): boolean =>
  module.kernel === kernel.release && kernel.loaded?.includes(module.name) === true;

/** The certificate on this host that a module was signed for. */
export const certificateOf = (
  {signing}: Pick<HostFacts, 'signing'>,
  {key}: OutsideModule,
): SigningCertificate | null =>
  key === null ? null : (signing.certificates.find((one) => isSameKey(one.key, key)) ?? null);

/** The one that DKMS signs with at its next build; `null` where there is none yet, or where several may be meant. */
export const nextCertificate = ({signing}: Pick<HostFacts, 'signing'>): SigningCertificate | null => {
  const {certificates, modules} = signing;
  const [first, ...others] = certificates;
  if (first === undefined) return null;
  if (first.isConfigured || others.length === 0) return first;
  const used = certificates.filter((one) =>
    modules.some(({key, dkms}) => dkms !== null && key !== null && isSameKey(key, one.key)),
  );
  return used.length === 1 ? (used[0] ?? null) : null;
};

/** An enrolled key needs no blue screen, whatever was signed with it so far. */
export const isEnrolled = ({signing}: Pick<HostFacts, 'signing'>, {key}: SigningCertificate): boolean =>
  signing.shim.enrolled?.some((one) => isSameKey(one, key)) === true;
