import {oneLine, ownHeader} from '../../artifacts/rendered.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {InstalledKernel} from '../../facts/kernel.ts';
import {kernelsOf} from '../../facts/modules.ts';
import type {PciId} from '../../facts/pci-address.ts';
import type {Finding} from '../../findings/finding.ts';
import type {Plan} from '../../plan/plan.ts';
import {modprobePath} from '../files.ts';
import {listWords} from '../../words/list-words.ts';

/** Text of `/etc/modprobe.d/vfio-pilot.conf`; empty when the plan has nothing for it. */
export const renderModprobe = (plan: Plan): string => {
  const {moduleOptions, softdeps} = plan.binding;
  const bindsByIds = plan.binding.by === 'ids';
  const options = moduleOptions.filter((option) => bindsByIds || !isIdList(option.module, option.parameter));
  if (options.length === 0 && softdeps.length === 0) return '';
  const lines = [
    ...options.flatMap((option) => [
      `# ${oneLine(option.because)}`,
      `options ${option.module} ${option.parameter}=${option.value}`,
    ]),
    ...(softdeps.length === 0 ? [] : ['# vfio-pci must be there before the driver that would take the card']),
    ...softdeps.map((driver) => `softdep ${driver} pre: vfio-pci`),
  ];
  return `${ownHeader('#', plan.profile)}${lines.join('\n')}\n`;
};

const isIdList = (module: string, parameter: string): boolean =>
  normalise(module) === 'vfio_pci' && parameter === 'ids';

/**
 * Lines of other files in modprobe.d that work against ours. kmod reads `*.conf` only. `lent` are the ids of what the
 * host uses itself until the guest starts.
 */
export const findModprobeConflicts = (files: readonly FileFacts[], lent: readonly PciId[] = []): readonly Finding[] =>
  files
    .filter((file) => file.path.endsWith('.conf') && file.path !== modprobePath)
    .flatMap((file) => joinLines(file.text ?? '').flatMap(({line, text}) => judgeLine(file.path, line, text, lent)));

/** kmod: a backslash at the end of a line continues it. */
const joinLines = (text: string): readonly {readonly line: number; readonly text: string}[] => {
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

const judgeLine = (path: string, line: number, text: string, lent: readonly PciId[]): readonly Finding[] => {
  const [command = '', module = '', ...rest] = text.split(/[\t ]+/).filter((word) => word !== '');
  if (text.startsWith('#') || !isVfio(module)) return [];
  const finding = (
    severity: Finding['severity'],
    reason: string,
    remedy = 'Remove that line, or move the file out of modprobe.d, unless you want both.',
  ): readonly Finding[] => [
    {
      code: 'modprobe-conflict',
      severity,
      subject: path,
      at: {file: path, line, column: 1},
      message: `${path}:${line} ${reason}.`,
      remedy,
    },
  ];
  if (command === 'options' && normalise(module) === 'vfio_pci') {
    const ids = rest.find((word) => word.startsWith('ids='));
    if (ids === undefined) return [];
    const taken = lent.find((id) => ids.toLowerCase().includes(id));
    return taken === undefined
      ? finding('warning', `also gives cards to vfio-pci, by ${ids}`)
      : finding(
          'warning',
          `gives ${taken} to vfio-pci at boot, so the host can't use it before the guest starts, and its screen stays dark`,
          'Remove that line, and make the initramfs anew.',
        );
  }
  if (command === 'install') {
    const isOff = /^(?:\/usr)?\/?(?:s?bin\/)?(?:true|false)$/.test(rest[0] ?? '');
    return finding(
      isOff ? 'blocker' : 'warning',
      isOff ? `keeps ${module} from being loaded at all` : `runs a command of its own when ${module} is to be loaded`,
    );
  }
  return command === 'blacklist' ? finding('warning', `keeps ${module} from being loaded for a device on its own`) : [];
};

/** Options after `pre:` and the like are module names as well, but only the subject of the line counts. */
const isVfio = (module: string): boolean =>
  ['vfio', 'vfio_pci', 'vfio_pci_core', 'vfio_iommu_type1'].includes(normalise(module));

const normalise = (module: string): string => module.replaceAll('-', '_');

/** Lines of other files that set what no vfio module of a kernel has: it says "unknown parameter … ignored", and nothing happens. */
export const findUnknownOptions = (facts: HostFacts, files: readonly FileFacts[]): readonly Finding[] =>
  files
    .filter((file) => file.path.endsWith('.conf') && file.path !== modprobePath)
    .flatMap((file) =>
      joinLines(file.text ?? '').flatMap(({line, text}) => judgeOptionsLine(facts, file.path, line, text)),
    );

const judgeOptionsLine = (facts: HostFacts, path: string, line: number, text: string): readonly Finding[] => {
  const [command, module = '', ...options] = text.split(/[\t ]+/).filter((word) => word !== '');
  const name = module.replaceAll('-', '_');
  if (command !== 'options' || !name.startsWith('vfio')) return [];
  return options.flatMap((option) => {
    const parameter = option.replace(/=.*$/s, '').replaceAll('-', '_');
    const lacking = kernelsOf(facts).filter((kernel) => lacks(facts, kernel, name, parameter));
    return lacking.length === 0
      ? []
      : [
          describe(
            path,
            line,
            `${module} of kernel ${listWords(lacking.map(({release}) => release))} has no parameter ${parameter}`,
          ),
        ];
  });
};

/** Only a kernel with CONFIG_VFIO_PCI_VGA has disable_vga (kernel: drivers/vfio/pci/vfio_pci.c), and only x86 uses it. */
const lacks = ({kernel: running}: HostFacts, kernel: InstalledKernel, module: string, parameter: string): boolean => {
  const known = kernel.parameters[module];
  if (known !== undefined) return !known.includes(parameter);
  const config = kernel.release === running.release ? running.config : null;
  return (
    module === 'vfio_pci' &&
    parameter === 'disable_vga' &&
    config?.['VFIO_PCI'] !== undefined &&
    config['VFIO_PCI_VGA'] !== 'y'
  );
};

const describe = (path: string, line: number, reason: string): Finding => ({
  code: 'module-parameter-missing',
  severity: 'note',
  subject: path,
  at: {file: path, line, column: 1},
  message: `This line has no effect: ${reason}.`,
  remedy: 'Nothing to do for passthrough; take it out to be rid of the message in the kernel’s log.',
});
