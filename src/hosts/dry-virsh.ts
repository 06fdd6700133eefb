import type {Program} from '../system/machine.ts';

const directory = '/etc/libvirt/qemu';

/**
 * virsh for a dry run, on files in memory: `define` puts the domain where libvirt keeps it, `undefine` takes it away
 * (libvirt: src/conf/virdomainobjlist.c). Without it a dry run could not look at what comes after.
 */
export const dryVirsh: Program = (argv, machine) => {
  const words = argv.slice(1).filter((word, index, all) => !word.startsWith('-') && all[index - 1] !== '-c');
  const [verb, operand = ''] = words;
  if (verb === 'undefine') machine.unlink(`${directory}/${operand}.xml`);
  if (verb === 'define') {
    const xml = machine.read(operand);
    const path = `${directory}/${/<name>([^<]+)<\/name>/.exec(xml.toString('utf8'))?.[1] ?? ''}.xml`;
    const file = machine.create(`${path}.new`);
    file.write(xml);
    file.close();
    machine.rename(`${path}.new`, path);
  }
  return {exitCode: 0};
};
