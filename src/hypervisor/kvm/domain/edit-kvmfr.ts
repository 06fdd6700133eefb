import {isAtLeast} from '../../../facts/versions.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import type {XmlElement} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import {
  commandLinesOf,
  type KvmfrMemory,
  kvmfrMemories,
  qemuNamespace,
  renderMemory,
} from '../looking-glass/qemu-arguments.ts';
import {type DomainEdit, type EditContext, nothing} from './edit-context.ts';

/** Of the memory among QEMU's objects, where the guest has no name for it yet. */
const ownId = 'looking-glass';

/**
 * A device of kvmfr, for which libvirt has no element: arguments of QEMU. Those of a guest stay where the plan has no
 * Looking Glass, and every other argument stays always.
 */
export const editKvmfr = (context: EditContext): DomainEdit => {
  if (context.plan.guest.lookingGlass === null) return nothing;
  const present = kvmfrMemories(context.root);
  const device = wantedDevice(context);
  const kept = device === null ? null : (present[0] ?? null);
  const dropped = present.filter((memory) => memory !== kept);
  for (const memory of dropped) noteReplaced(context, memory);
  const gone = new Set(dropped.flatMap(({all}) => all));
  const missing = device === null ? [] : missingArguments(context, kept, device);
  const lines = commandLinesOf(context.root);
  const target = kept?.commandLine ?? lines.find(({children}) => children.some((child) => !gone.has(child))) ?? null;
  const isEmptied = (line: XmlElement): boolean =>
    line.children.length > 0 && line.children.every((child) => gone.has(child)) && line !== target;
  const changed = lines
    .filter((line) => !isEmptied(line))
    .map((line): Wish => {
      const name = argumentName(line);
      return {
        name: line.name,
        existing: line,
        children: [
          ...(kept?.commandLine === line && device !== null ? [memoryWish(context, kept, device)] : []),
          ...(line === target ? missing.map((value) => argumentWish(name, value)) : []),
        ],
        drops: line.children.filter((child) => gone.has(child)),
      };
    });
  const prefix = prefixOf(context.root) ?? ownPrefix;
  const made: Wish = {
    name: `${prefix}:commandline`,
    existing: null,
    children: missing.map((value) => argumentWish(`${prefix}:arg`, value)),
  };
  return {
    children: [...changed, ...(target === null && missing.length > 0 ? [made] : [])],
    drops: lines.filter(isEmptied),
  };
};

/** The installer has no use for it, and a file in /dev/shm takes its place. */
const wantedDevice = ({plan: {guest}}: EditContext): number | null =>
  guest.phase === 'install' ? null : (guest.lookingGlass?.kvmfrDevice ?? null);

const noteReplaced = ({plan, report}: EditContext, {object, device}: KvmfrMemory): void => {
  if (plan.guest.phase === 'install') return;
  report('note', 'guest-setting-replaced', {
    element: object,
    message: `QEMU's arguments for /dev/kvmfr${device} go: Looking Glass has one memory, and the profile names another.`,
    remedy: 'To keep them, set guest.lookingGlass.memory: kvmfr.',
  });
};

const ownPrefix = 'qemu';

/** What the root has to declare for these arguments. */
export const kvmfrNamespace = (context: EditContext): Readonly<Record<string, string>> =>
  wantedDevice(context) === null || commandLinesOf(context.root).length > 0 || prefixOf(context.root) !== null
    ? {}
    : {[`xmlns:${ownPrefix}`]: qemuNamespace};

const prefixOf = (root: XmlElement): string | null =>
  root.attributes.find(({name, value}) => name.startsWith('xmlns:') && value === qemuNamespace)?.name.slice(6) ?? null;

/** As its parent is written: with the same prefix, or with none. */
const argumentName = ({name}: XmlElement): string => name.replace('commandline', 'arg');

const argumentWish = (name: string, value: string): Wish => ({name, existing: null, attributes: {value}});

const sizeOf = ({plan}: EditContext): number => plan.guest.lookingGlass?.sizeMiB ?? 0;

/** Device and size; an argument that says the same in other words stays. */
const memoryWish = (context: EditContext, kept: KvmfrMemory, device: number): Wish => {
  const sizeMiB = sizeOf(context);
  const isRight = kept.device === device && kept.bytes === sizeMiB * 1024 * 1024;
  const {object} = renderMemory({device, sizeMiB, id: kept.id}, kept.isJson);
  return {name: kept.object.name, existing: kept.object, attributes: isRight ? {} : {value: object}};
};

const missingArguments = (context: EditContext, kept: KvmfrMemory | null, device: number): readonly string[] => {
  const isJson = kept?.isJson ?? takesJson(context);
  const wanted = renderMemory({device, sizeMiB: sizeOf(context), id: kept?.id ?? ownId}, isJson);
  return [
    ...(kept?.hasDevice === true ? [] : ['-device', wanted.device]),
    ...(kept === null ? ['-object', wanted.object] : []),
  ];
};

/** From QEMU 6.2 and libvirt 7.9 on, where libvirt writes its own devices so (LookingGlass: doc/ivshmem_kvmfr.rst). */
const takesJson = ({facts}: EditContext): boolean => {
  const {version, qemuVersion} = libvirtOf(facts);
  return (version === null || isAtLeast(version, '7.9.0')) && (qemuVersion === null || isAtLeast(qemuVersion, '6.2'));
};
