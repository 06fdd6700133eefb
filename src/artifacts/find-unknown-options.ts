import type {Finding} from '../findings.ts';
import type {FileFacts, HostFacts, InstalledKernel} from '../host/facts.ts';
import {kernelsOf} from '../host/module-state.ts';
import {joinLines, modprobePath} from './modprobe.ts';

/** Lines of other files that set what no vfio module of a kernel has: it says "unknown parameter … ignored", and nothing happens. */
export const findUnknownOptions = (facts: HostFacts, files: readonly FileFacts[]): readonly Finding[] =>
  files
    .filter((file) => file.path.endsWith('.conf') && file.path !== modprobePath)
    .flatMap((file) => joinLines(file.text ?? '').flatMap(({line, text}) => judgeLine(facts, file.path, line, text)));

const judgeLine = (facts: HostFacts, path: string, line: number, text: string): readonly Finding[] => {
  const [command, module = '', ...options] = text.split(/[\t ]+/).filter((word) => word !== '');
  const name = module.replaceAll('-', '_');
  if (command !== 'options' || !name.startsWith('vfio')) return [];
  return options.flatMap((option) => {
    const parameter = option.replace(/=.*$/s, '').replaceAll('-', '_');
    const lacking = kernelsOf(facts).filter((kernel) => lacks(facts, kernel, name, parameter));
    return lacking.length === 0 ? [] : [describe(path, line, `${module} of kernel ${lacking.map(({release}) => release).join(' and ')} has no parameter ${parameter}`)];
  });
};

/** disable_vga is there only with CONFIG_VFIO_PCI_VGA (kernel: drivers/vfio/pci/vfio_pci.c), of which x86 alone has any use. */
const lacks = ({kernel: running}: HostFacts, kernel: InstalledKernel, module: string, parameter: string): boolean => {
  const known = kernel.parameters[module];
  if (known !== undefined) return !known.includes(parameter);
  const config = kernel.release === running.release ? running.config : null;
  return module === 'vfio_pci' && parameter === 'disable_vga' && config?.['VFIO_PCI'] !== undefined && config['VFIO_PCI_VGA'] !== 'y';
};

const describe = (path: string, line: number, reason: string): Finding => ({
  code: 'module-parameter-missing',
  severity: 'note',
  subject: path,
  at: {file: path, line, column: 1},
  message: `${path}:${line} has no effect: ${reason}.`,
  remedy: 'Nothing to do for passthrough; take it out to be rid of the message in the kernel’s log.',
});
