import type {Rendered} from '../../artifacts/rendered.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {addByHand, type BootChain, type Evidence, isSet, nothingLater, plainLoader} from '../boot-chain.ts';
import {readLoaderVariable} from '../efi-variables.ts';
import {chooseGrubTarget, grubDefaultsPath, grubDropInPath} from './choose-grub-target.ts';
import {grubFiles, nextGrubArguments, readGrubFacts} from './grub-settings.ts';
import {grubTrial} from './grub-trial.ts';
import {chooseHypervisorTarget, hypervisorLines} from './hypervisor-entry.ts';
import {renderGrubTarget} from './render-grub-target.ts';

/** GRUB's source file with our arguments, and grub.cfg made from it. */
const render = (facts: HostFacts, plan: Plan): Rendered => {
  if (plan.hypervisorArguments !== null)
    return renderGrubTarget(facts, plan, chooseHypervisorTarget(facts.files, plan));
  const {add, remove, ownedKeys} = plan.kernelArguments;
  const hasNothing = add.length === 0 && remove.length === 0 && ownedKeys.length === 0;
  if (hasNothing && facts.files[grubDropInPath] === undefined) return {artifacts: [], findings: []};
  const edit = {add: add.map((argument) => argument.text), remove: remove.map((argument) => argument.text), ownedKeys};
  return renderGrubTarget(facts, plan, chooseGrubTarget(facts.files, edit, plan.profile));
};

const evidence: BootChain['detection']['evidence'] = ({source, commandLine}) => {
  const info = readLoaderVariable(source, 'LoaderInfo');
  const menu = ['/boot/grub/grub.cfg', '/boot/grub2/grub.cfg'].find(source.exists);
  const tool = [
    '/usr/sbin/update-grub',
    '/usr/sbin/grub-mkconfig',
    '/usr/bin/grub-mkconfig',
    '/usr/sbin/grub2-mkconfig',
  ].find(source.exists);
  const found: Evidence[] = [];
  const add = (strength: Evidence['strength'], sentence: string): number =>
    found.push({loader: 'grub', strength, sentence});
  // GRUB sets the variable since 2.12.
  if (/^GRUB\b/i.test(info ?? '')) add('boot', `The EFI variable LoaderInfo says "${info}".`);
  // SYSLINUX and its kin leave it too, and initrd= with it; GRUB hands the initramfs over in memory.
  if (isSet(commandLine, 'BOOT_IMAGE=') && !isSet(commandLine, 'initrd='))
    add('boot', 'The kernel command line has BOOT_IMAGE=, which GRUB adds.');
  if (menu !== undefined) add('files', `${menu} exists: somebody made a GRUB menu.`);
  else if (source.exists(grubDefaultsPath))
    add(
      'package',
      tool === undefined
        ? '/etc/default/grub exists; that is weak evidence for GRUB, for nothing else speaks for it.'
        : `/etc/default/grub and ${tool} exist: GRUB is installed, which does not prove that it starts this machine.`,
    );
  return found;
};

export const grub: BootChain = {
  name: 'grub',
  // Other loaders can add BOOT_IMAGE= as well.
  detection: {...plainLoader, evidence, started: 'unless-alone', whenOtherStarted: 'nothing'},
  files: grubFiles,
  readOwn: readGrubFacts,
  nextArguments: nextGrubArguments,
  writer: {
    render,
    rendersWholeHost: false,
    maker: null,
    makesImagePerEntry: false,
    hypervisorLines,
    keptFiles: ({files}) => [files[grubDropInPath] === undefined ? grubDefaultsPath : grubDropInPath],
    promises: () => [],
    later: nothingLater,
    trial: grubTrial,
    provenBy: [
      {image: 'debian-12', initramfs: 'initramfs-tools'},
      {image: 'debian-11', initramfs: 'initramfs-tools'},
      {image: 'debian-12-dracut', initramfs: 'dracut'},
    ],
  },
  lineEdit: (own) => {
    const name = own?.kind === 'grub' ? own.name : 'grub';
    return {
      by: 'file',
      path: grubDefaultsPath,
      place: `GRUB_CMDLINE_LINUX_DEFAULT in ${grubDefaultsPath}`,
      refresh: `${name}-mkconfig -o /boot/${name}/grub.cfg`,
    };
  },
  byHand: addByHand,
};
