import {earlyBinding} from '../binding/early-binding.ts';
import {udevRulesPath} from '../binding/files.ts';
import {joinRendered, type Rendered, renderOwned} from '../artifacts/rendered.ts';
import {keeps, looksAt} from '../facts/file-table.ts';
import type {FileFacts} from '../facts/files.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Finding} from '../findings/finding.ts';
import type {Plan} from '../plan/plan.ts';
import {type ImageSystem, plainImages} from './image-system.ts';
import {listWords} from '../words/list-words.ts';

/** Whether `modules` or `modules_force_load` of booster.yaml name a module, on its own, by its file or by its directory. */
export const readBoosterModules = (text: string): {readonly has: (module: string) => boolean} => {
  const words = [...text.matchAll(/^modules(?:_force_load)?[ \t]*:(.*(?:\n[ \t-].*)*)/gm)].flatMap(([, value = '']) =>
    value.replaceAll(/(^|\s)#.*$/gm, '').split(/[\s,[\]"']+/),
  );
  const added = words.filter((word) => word !== '' && !word.startsWith('-'));
  const directories = added.filter((word) => word.endsWith('/'));
  const names = new Set(
    added.map((word) => (word.split('/').at(-1) ?? '').replace(/\.ko(?:\.\w+)?$/, '').replaceAll('-', '_')),
  );
  const isAll = names.has('*');
  return {
    has: (module) =>
      isAll ||
      names.has(module) ||
      directories.some((directory) =>
        (isSound(module) ? soundPlaces : gpuPlaces).some(
          (place) => place.startsWith(directory) || directory.startsWith(place),
        ),
      ),
  };
};

const isSound = (module: string): boolean => module.startsWith('snd_');

/** Where the kernel has these drivers, and where DKMS puts theirs. */
const gpuPlaces = ['kernel/drivers/gpu/drm/', 'kernel/drivers/video/', 'updates/dkms/'];
const soundPlaces = ['kernel/sound/pci/hda/', 'kernel/sound/hda/'];

/**
 * booster has neither scripts nor udev in its image, so nothing can be bound by address there. It takes no driver of
 * graphics or sound into it either, unless booster.yaml asks for one (booster: generator.go, defaultModulesList): the
 * card is still free when the root file system's udev comes to it, and a rule there is early enough. The image stays.
 */
const renderFiles = (facts: HostFacts, plan: Plan): Rendered => {
  const {byAddress} = plan.binding;
  const rules = renderOwned(
    facts,
    udevRulesPath,
    earlyBinding(plan).rules(facts.pci),
    0o644,
    `Gives ${listWords(byAddress)} to ${earlyBinding(plan).keeper} before any other driver of the root file system may have it.`,
  );
  return joinRendered([
    rules,
    {artifacts: [], findings: [...judgeModules(facts, plan), ...judgeLoaded(facts, plan), ...judgeUsb(facts, plan)]},
  ]);
};

const configurationPath = '/etc/booster.yaml';

/** A driver in the image takes the card long before the rule. */
const judgeModules = ({files}: HostFacts, {binding}: Plan): readonly Finding[] => {
  const inImage = binding.softdeps.filter(
    (module) => module !== 'xhci_pci' && readBoosterModules(files[configurationPath]?.text ?? '').has(module),
  );
  if (inImage.length === 0) return [];
  return [
    {
      code: 'driver-loaded-early',
      severity: 'blocker',
      subject: configurationPath,
      message: `${configurationPath} has ${listWords(inImage)} put into the image, where nothing can keep ${inImage.length === 1 ? 'it' : 'them'} from the card.`,
      remedy:
        'Take it out of modules and modules_force_load, run /usr/lib/booster/regenerate_images, then run the command again; or set binding: libvirt.',
    },
  ];
};

/** systemd loads these without waiting for udev. */
const judgeLoaded = ({files}: HostFacts, {binding}: Plan): readonly Finding[] =>
  binding.byAddress.length === 0
    ? []
    : Object.values(files)
        .filter((file) => file.path.startsWith('/etc/modules-load.d/'))
        .flatMap((file) =>
          modulesIn(file)
            .filter((module) => binding.softdeps.includes(module))
            .map((module): Finding => ({
              code: 'driver-loaded-early',
              severity: 'blocker',
              subject: file.path,
              message: `${file.path} has ${module} loaded while udev is not at work yet, and it would take the card.`,
              remedy: `Remove ${module} from that file: udev loads it for the cards that are to have it. Or set binding: libvirt.`,
            })),
        );

const modulesIn = (file: FileFacts): readonly string[] =>
  (file.text ?? '').split('\n').map((line) =>
    line
      .replace(/[#;].*/, '')
      .trim()
      .replaceAll('-', '_'),
  );

/** The image always has the drivers of USB controllers, for the keyboard. */
const judgeUsb = ({pci}: HostFacts, {binding}: Plan): readonly Finding[] => {
  const controllers = binding.byAddress.filter((address) =>
    pci.some((device) => device.address === address && device.class.startsWith('0c03')),
  );
  if (controllers.length === 0) return [];
  return [
    {
      code: 'driver-loaded-early',
      severity: 'warning',
      subject: 'binding',
      message: `${listWords(controllers)} is a USB controller: booster's image loads its driver before our hook can run.`,
      remedy: 'libvirt takes it over when the guest starts (managed=yes); plug nothing into it that the host needs.',
    },
  ];
};

export const booster: ImageSystem = {
  ...plainImages,
  name: 'booster',
  programs: ['/usr/bin/booster', '/usr/lib/booster/regenerate_images'],
  settings: [configurationPath],
  guess: () => null,
  files: [
    looksAt('/usr/bin', 'booster', 'presence'),
    looksAt('/usr/lib/booster', 'regenerate_images', 'presence'),
    keeps('/etc', 'booster.yaml'),
  ],
  renderFiles,
  triggers: [],
  renderImages: () => [],
  renderCopy: () => null,
  judgeSettings: () => [],
  judgeImages: () => [],
  claim: 'rule',
  remake: '/usr/lib/booster/regenerate_images',
  trialImage: null,
};
