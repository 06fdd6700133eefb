import type {GuestRegistry, Ports, Tools} from '../../../artifacts/ports.ts';
import {attributeOf, childNamed, elementsAt, parseXmlBeginning} from '../../../formats/xml/document.ts';
import type {Machine} from '../../../system/machine.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';

const timeoutSeconds = 60;
const virsh = ['virsh', '-c', 'qemu:///system'] as const;
const guests = '/etc/libvirt/qemu';
/** Of a running guest libvirt keeps the whole definition here. */
const running = '/run/libvirt/qemu';

/** Where libvirt keeps its networks. */
export const networkDirectory = `${guests}/networks`;

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.xml$/, '');

/** The virtual functions are there only where something has made them, and without one libvirt starts no such network. */
const hasFunctions = (machine: Machine, definition: string): boolean => {
  const {root} = parseXmlBeginning(machine.read(definition).toString('utf8'));
  const card = attributeOf(childNamed(childNamed(root, 'forward'), 'pf'), 'dev') ?? '';
  const count = `/sys/class/net/${card}/device/sriov_numvfs`;
  if (!/^[\w.:@-]+$/.test(card) || machine.stat(count) === null) return false;
  return Number(machine.read(count).toString('utf8')) > 0;
};

const isActive = async ({run}: Tools, name: string): Promise<boolean> => {
  const active = await run([...virsh, 'net-list', '--name'], timeoutSeconds);
  return active.state === 'ended' && active.stdout.split('\n').some((line) => line.trim() === name);
};

/** Networks of libvirt, which it keeps next to its guests and knows under commands of their own. */
export const networkRegistry: GuestRegistry = {
  keeps: (path) => path.startsWith(`${networkDirectory}/`) && path.endsWith('.xml'),
  obstacle: (machine, path) =>
    machine.hasProgram('virsh')
      ? null
      : {
          problem: `${path} is a network of libvirt and virsh is not installed.`,
          nextStep: 'Install the libvirt client programs, then run apply again.',
        },
  directoryMode: 0o700,
  define: async (tools, path, definition) => {
    const name = nameOf(path);
    await tools.run([...virsh, 'net-define', definition], timeoutSeconds);
    await tools.run([...virsh, 'net-autostart', name], timeoutSeconds);
    if (!hasFunctions(tools.machine, definition) || (await isActive(tools, name))) return;
    try {
      await tools.run([...virsh, 'net-start', name], timeoutSeconds);
    } catch {
      tools.warn(`The network ${name} could not be started now; libvirt starts it at the next boot.`);
    }
  },
  undefine: async (tools, path) => {
    const name = nameOf(path);
    if (await isActive(tools, name)) await tools.run([...virsh, 'net-destroy', name], timeoutSeconds);
    await tools.run([...virsh, 'net-undefine', name], timeoutSeconds);
  },
  commands: null,
  // As of its guests.
  leftoverOf: (path) => `${path}.new`,
  isHalfMade: () => false,
  hasSettingsOf: null,
  withoutApplied: null,
};

/** A guest that runs has a function from it, and one that is only defined does not start without it, unless the run takes it from the guest as well. */
export const whyPooled: Ports['whyInUse'] = (machine, paths, changed) => {
  for (const path of paths.filter(networkRegistry.keeps)) {
    const name = nameOf(path);
    const runs = machine.list(running).find((file) => takesFrom(machine, `${running}/${file}`, name));
    if (runs !== undefined)
      return {
        problem: `The guest ${nameOf(runs)} has a virtual function from the network ${name} now.`,
        nextStep: `Shut the guest down (virsh shutdown ${quoteForShell(nameOf(runs))}), then run this again.`,
      };
    const other = machine
      .list(guests)
      .filter((file) => ![...paths, ...changed].includes(`${guests}/${file}`))
      .find((file) => takesFrom(machine, `${guests}/${file}`, name));
    if (other !== undefined)
      return {
        problem: `The guest ${nameOf(other)} gets its network card from the network ${name}, which goes with this run.`,
        nextStep: `Roll back the run of ${nameOf(other)} first (\`vfio-pilot history\` names it), or take that card out of the guest with virsh edit.`,
      };
  }
  return null;
};

const takesFrom = (machine: Machine, file: string, network: string): boolean => {
  if (!file.endsWith('.xml') || machine.stat(file)?.type !== 'file') return false;
  const {root} = parseXmlBeginning(machine.read(file).toString('utf8'));
  // Of a running guest the definition is inside <domstatus>.
  const domain = root?.name === 'domain' ? root : childNamed(root, 'domain');
  return elementsAt(domain, 'devices/interface/source').some((source) => attributeOf(source, 'network') === network);
};
