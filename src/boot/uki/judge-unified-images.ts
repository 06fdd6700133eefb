import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {entryFactsOf} from '../entries/entry-facts.ts';

/** A unified image of this system; `release` is `null` where a preset says how it is made. */
export type UnifiedSource = {readonly path: string; readonly release: string | null};

/** Why our image would not be started; empty when one would. */
export const judgeUnifiedImages = (
  facts: HostFacts,
  sources: readonly UnifiedSource[],
  add: readonly string[],
): readonly Finding[] => {
  const {boot, files} = facts;
  const [first] = sources;
  if (first === undefined)
    return [
      refuse(
        'no unified kernel image was found that a preset of mkinitcpio makes, or that has the version of its kernel in its name',
        add,
      ),
    ];
  const found = sources.map(({path}) => ({
    path,
    image: entryFactsOf(facts)?.unifiedImages.find((one) => one.path === path),
  }));
  const absent = found.find(({image}) => image === undefined || image.isSigned === null);
  if (absent !== undefined) return [refuse(`${absent.path} can't be read as an EFI program`, add)];
  const signed = found.find(({image}) => image?.isSigned === true);
  if (signed !== undefined || boot.secureBoot === true)
    return [
      refuse(
        signed === undefined
          ? 'Secure Boot is on, and our image would have no signature'
          : `${signed.path} is signed, and ours would not be`,
        add,
      ),
    ];
  const settings = ['/etc/kernel/uki.conf', '/usr/lib/kernel/uki.conf'].find((path) =>
    /^\s*(?:SecureBoot|Sign|PCRP)/m.test(files[path]?.text ?? ''),
  );
  if (settings !== undefined)
    return [refuse(`${settings} names keys, and our image would not be signed with them`, add)];
  const loader = entryFactsOf(facts)?.choice.loader ?? null;
  return loader !== null && loader.startsWith('systemd-boot')
    ? []
    : [
        refuse(
          `${loader ?? 'the firmware'} starts the image, and would not start another one without your choice`,
          add,
        ),
      ];
};

const refuse = (reason: string, add: readonly string[]): Finding => ({
  code: 'boot-chain-unsupported',
  severity: 'blocker',
  subject: 'kernelArguments',
  message: `The kernel arguments are inside a unified kernel image, and no other can be put next to it: ${reason}.`,
  remedy: `Add to /etc/kernel/cmdline: ${add.join(' ')}. Then make the image as after an update of the kernel (mkinitcpio -P, or kernel-install add-all), sign it as you do, boot with it, and set binding: libvirt.`,
});
