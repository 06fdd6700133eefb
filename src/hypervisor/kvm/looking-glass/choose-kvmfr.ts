import type {FileFacts} from '../../../facts/files.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import {kernelsOf, moduleState} from '../../../facts/modules.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import {parseXmlBeginning} from '../../../formats/xml/document.ts';
import type {PlanContext} from '../../../plan/context.ts';
import type {KvmfrPlan} from '../../../plan/plan.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import {kvmfrModprobePath} from './kvmfr-paths.ts';
import {kvmfrMemories, kvmfrPath} from './qemu-arguments.ts';
import {listWords} from '../../../words/list-words.ts';

export const kvmfrModule = 'kvmfr';

/** LookingGlass: module/kvmfr.c */
const mostDevices = 10;

/** Sizes in MiB by device. */
type Devices = ReadonlyMap<number, number>;

/** The device of this guest, next to those of the others. */
export const chooseKvmfr = (
  context: PlanContext,
  sizeMiB: number,
): {readonly device: number; readonly kvmfr: KvmfrPlan} => {
  judgeKernels(context);
  judgeConfinement(context);
  const taken = takenByOthers(context);
  const foreign = foreignSizes(context.facts);
  const device = chooseDevice(context, taken, sizeMiB, foreign?.sizesMiB ?? []);
  const devices = new Map([...taken, [device, sizeMiB]]);
  if (device >= mostDevices)
    context.report('blocker', 'looking-glass-kvmfr', {
      subject: 'guest.lookingGlass',
      path: 'guest.lookingGlass.memory',
      message: `The module kvmfr makes ${mostDevices} devices at most, and other guests have all of them.`,
      remedy: 'Set guest.lookingGlass.memory: shm.',
    });
  if (foreign !== null) judgeForeign(context, foreign, devices);
  context.decide(
    'guest.lookingGlass.memory',
    kvmfrPath(device),
    `you chose it${taken.size === 0 ? '' : `; other guests have ${listWords([...taken.keys()].map(kvmfrPath))}`}`,
  );
  return {device, kvmfr: {sizesMiB: sizesOf(devices), sizedBy: foreign?.path ?? null}};
};

/** A guest that had a device and is to have none: what the others need stays. */
export const releaseKvmfr = (context: PlanContext): KvmfrPlan | null => {
  const {facts, profile} = context;
  const own = facts.guests.recorded.find(({guest}) => guest === profile.guest.name);
  if ((own?.kvmfr ?? null) === null) return null;
  return {sizesMiB: sizesOf(takenByOthers(context)), sizedBy: foreignSizes(facts)?.path ?? null};
};

/** A kernel without it starts the host as before, and the guest makes a regular file of that name. */
const judgeKernels = ({facts, report}: PlanContext): void => {
  const about = {subject: 'guest.lookingGlass', path: 'guest.lookingGlass.memory'};
  const states = kernelsOf(facts).map((kernel) => ({kernel, state: moduleState(kernel, kvmfrModule)}));
  const lacking = states.filter(({state}) => state === 'absent').map(({kernel}) => kernel.release);
  const unknown = states.filter(({state}) => state === 'unknown').map(({kernel}) => kernel.release);
  const dkms = facts.signing.modules.find(({name}) => name === kvmfrModule)?.dkms ?? null;
  if (facts.boot.support.isDeclarative)
    report('blocker', 'looking-glass-kvmfr', {
      ...about,
      message:
        'This system makes /etc from its configuration, and kvmfr needs files there that vfio-pilot writes elsewhere.',
      remedy: 'Set guest.lookingGlass.memory: shm.',
    });
  else if (lacking.length > 0)
    report('blocker', 'looking-glass-kvmfr', {
      ...about,
      message: `Kernel ${listWords(lacking)} has no module kvmfr, and every kernel that may be started needs it.`,
      remedy: `Set guest.lookingGlass.memory: shm, or build it: ${
        dkms === null
          ? 'in the folder module of the source of Looking Glass run `sudo dkms install .`'
          : lacking
              .map((release) => `\`sudo dkms install ${quoteForShell(dkms)} -k ${quoteForShell(release)}\``)
              .join(', ')
      }, then plan again.`,
    });
  else if (unknown.length > 0)
    report('warning', 'looking-glass-kvmfr', {
      ...about,
      message: `Whether kernel ${listWords(unknown)} has the module kvmfr is unknown: its list of modules cannot be read.`,
      remedy: `\`modinfo -k ${quoteForShell(unknown[0] ?? '')} kvmfr\` shows it. Without it the guest does not start.`,
    });
};

const judgeConfinement = ({facts, report}: PlanContext): void => {
  if (facts.confinement.seLinux !== 'enforcing') return;
  report('warning', 'looking-glass-kvmfr', {
    subject: 'guest.lookingGlass',
    path: 'guest.lookingGlass.memory',
    message: 'SELinux is enforcing, and its policy may close /dev/kvmfr0 to QEMU. vfio-pilot writes no policy.',
    remedy:
      'If the guest does not start, `sudo ausearch -m avc -ts recent` shows what was refused; guest.lookingGlass.memory: shm needs a label only.',
  });
};

/** A number that the module has no device for comes from a definition that does not start, or a record that is damaged. */
const takenByOthers = (context: PlanContext): Devices =>
  new Map([...takenByDomains(context), ...takenByRecords(context)].filter(([device]) => device < mostDevices));

/** Also of guests that somebody set up by hand. */
const takenByDomains = ({facts, profile}: PlanContext): Devices =>
  new Map(
    libvirtOf(facts)
      .domains.filter(({name}) => name !== profile.guest.name)
      .flatMap(({xml}) => kvmfrMemories(parseXmlBeginning(xml ?? '').root))
      .map(({device, bytes}) => [device, Math.max(1, Math.ceil((bytes ?? 0) / (1024 * 1024)))] as const),
  );

/** Of guests that are still defined: one that is being installed has its device in no definition yet. */
const takenByRecords = ({facts, profile, others}: PlanContext): Devices =>
  new Map(
    facts.guests.recorded
      .filter(({guest}) => guest !== profile.guest.name && others.some(({name}) => name === guest))
      .flatMap(({kvmfr}) => (kvmfr === null ? [] : [[kvmfr.device, kvmfr.sizeMiB] as const])),
  );

/** The one that the guest has already, also where two guests of one card take turns with it; else the first that is free. */
const chooseDevice = (
  {facts, profile}: PlanContext,
  taken: Devices,
  sizeMiB: number,
  present: readonly number[],
): number => {
  const {name} = profile.guest;
  const xml = libvirtOf(facts).domains.find((domain) => domain.name === name)?.xml ?? '';
  const [defined] = kvmfrMemories(parseXmlBeginning(xml).root);
  const own = defined?.device ?? facts.guests.recorded.find(({guest}) => guest === name)?.kvmfr?.device;
  if (own !== undefined && (!taken.has(own) || (own === defined?.device && taken.get(own) === sizeMiB))) return own;
  const fit = present.findIndex((size, device) => size === sizeMiB && !taken.has(device));
  if (fit !== -1) return fit;
  let device = 0;
  while (taken.has(device)) device += 1;
  return device;
};

/** In the order of the parameter. A number between two that nobody has any more gets as little as there is. */
const sizesOf = (devices: Devices, present: readonly number[] = []): readonly number[] => {
  const length = [...devices.keys()].reduce((most, device) => Math.max(most, device + 1), 0);
  return Array.from({length}, (_, device) => devices.get(device) ?? present[device] ?? 1);
};

type Foreign = {readonly path: string; readonly sizesMiB: readonly number[]};

/** Of a line of somebody else: two of them do not add up, the later one counts (kernel: param_array). */
const foreignSizes = ({files}: Pick<HostFacts, 'files'>): Foreign | null => {
  const found = Object.values(files)
    .filter(({path}) => path.startsWith('/etc/modprobe.d/') && path.endsWith('.conf') && path !== kvmfrModprobePath)
    .flatMap((file) => sizesIn(file));
  return found.at(-1) ?? null;
};

const sizesIn = ({path, text}: FileFacts): readonly Foreign[] =>
  [...(text ?? '').matchAll(/^[ \t]*options[ \t]+kvmfr[ \t](?:.*[ \t])?static_size_mb=([\d,]+)/gm)].map(
    ([, sizes = '']) => ({path, sizesMiB: sizes.split(',').map(Number)}),
  );

const judgeForeign = ({report}: PlanContext, {path, sizesMiB}: Foreign, devices: Devices): void => {
  if ([...devices].every(([device, size]) => sizesMiB[device] === size)) return;
  const wanted = sizesOf(devices, sizesMiB);
  report('blocker', 'looking-glass-kvmfr', {
    subject: 'guest.lookingGlass',
    path: 'guest.lookingGlass.memory',
    message: `${path} sets the sizes of kvmfr to ${sizesMiB.join(',')}, and the guests need ${wanted.join(',')}. Only one such line counts.`,
    remedy: `Change the line in ${path} to: options kvmfr static_size_mb=${wanted.join(',')}. Or take it out, and vfio-pilot writes its own.`,
  });
};
