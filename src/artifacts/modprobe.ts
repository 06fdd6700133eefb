import type {FileFacts} from '../host/facts.ts';
import type {Finding} from '../findings.ts';
import type {Plan} from '../plan/plan.ts';
import {oneLine, ownHeader} from './own-file.ts';

export const modprobePath = '/etc/modprobe.d/vfio-pilot.conf';

/** Text of `/etc/modprobe.d/vfio-pilot.conf`; empty when the plan has nothing for it. */
export const renderModprobe = (plan: Plan): string => {
  const {moduleOptions, softdeps} = plan.binding;
  const bindsByIds = plan.devices.some((device) => device.bindBy === 'ids');
  const options = moduleOptions.filter((option) => bindsByIds || !isIdList(option.module, option.parameter));
  if (options.length === 0 && softdeps.length === 0) return '';
  const lines = [
    ...options.flatMap((option) => [`# ${oneLine(option.because)}`, `options ${option.module} ${option.parameter}=${option.value}`]),
    ...(softdeps.length === 0 ? [] : ['# vfio-pci must be there before the driver that would take the card']),
    ...softdeps.map((driver) => `softdep ${driver} pre: vfio-pci`),
  ];
  return `${ownHeader('#', plan.profile)}${lines.join('\n')}\n`;
};

const isIdList = (module: string, parameter: string): boolean => normalise(module) === 'vfio_pci' && parameter === 'ids';

/** Lines of other files in modprobe.d (name → text) that work against ours. kmod reads `*.conf` only. */
export const findModprobeConflicts = (files: readonly FileFacts[]): readonly Finding[] =>
  files
    .filter((file) => file.path.endsWith('.conf') && file.path !== modprobePath)
    .flatMap((file) => joinLines(file.text ?? '').flatMap(({line, text}) => judgeLine(file.path, line, text)));

/** kmod: a backslash at the end of a line continues it. */
export const joinLines = (text: string): readonly {readonly line: number; readonly text: string}[] => {
  const joined: {line: number; text: string}[] = [];
  let isContinued = false;
  for (const [index, part] of text.split('\n').entries()) {
    const last = joined.at(-1);
    const piece = part.endsWith('\\') ? part.slice(0, -1) : part;
    if (isContinued && last !== undefined) last.text += piece;
    else joined.push({line: index + 1, text: piece});
    isContinued = part.endsWith('\\');
  }
  return joined;
};

const judgeLine = (path: string, line: number, text: string): readonly Finding[] => {
  const [command = '', module = '', ...rest] = text.split(/[\t ]+/).filter((word) => word !== '');
  if (text.startsWith('#') || !isVfio(module)) return [];
  const finding = (severity: Finding['severity'], reason: string): readonly Finding[] => [{
    code: 'modprobe-conflict',
    severity,
    subject: path,
    at: {file: path, line, column: 1},
    message: `${path}:${line} ${reason}.`,
    remedy: 'Remove that line, or move the file out of modprobe.d, unless you want both.',
  }];
  if (command === 'options' && normalise(module) === 'vfio_pci') {
    const ids = rest.find((word) => word.startsWith('ids='));
    return ids === undefined ? [] : finding('warning', `also gives cards to vfio-pci, by ${ids}`);
  }
  if (command === 'install') {
    const isOff = /^(?:\/usr)?\/?(?:s?bin\/)?(?:true|false)$/.test(rest[0] ?? '');
    return finding(isOff ? 'blocker' : 'warning', isOff ? `keeps ${module} from being loaded at all` : `runs a command of its own when ${module} is to be loaded`);
  }
  return command === 'blacklist' ? finding('warning', `keeps ${module} from being loaded for a device by itself`) : [];
};

/** Options after `pre:` and the like are module names as well, but only the subject of the line counts. */
const isVfio = (module: string): boolean => ['vfio', 'vfio_pci', 'vfio_pci_core', 'vfio_iommu_type1'].includes(normalise(module));

const normalise = (module: string): string => module.replaceAll('-', '_');
