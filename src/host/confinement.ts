import type {ConfinementFacts} from '../facts/confinement.ts';
import type {Source} from '../system/source.ts';

/** Both are in files that every user may read, which a kernel without them does not have. */
export const readConfinement = (source: Source): ConfinementFacts => {
  const enforce = source.text('/sys/fs/selinux/enforce')?.trim();
  return {
    hasAppArmor: source.text('/sys/module/apparmor/parameters/enabled')?.trim() === 'Y',
    seLinux: enforce === '1' ? 'enforcing' : enforce === '0' ? 'permissive' : null,
  };
};
