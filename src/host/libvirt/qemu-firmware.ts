import type {FirmwareImage} from '../../facts/virtualisation.ts';
import type {Source} from '../../system/source.ts';
import type {Note} from '../reader.ts';

/** QEMU docs/interop/firmware.json: a file in /etc hides the one of the same name in /usr/share. */
const directories = ['/usr/share/qemu/firmware', '/etc/qemu/firmware'];

/** UEFI images for q35 guests that are there, in QEMU's order of priority. */
export const readFirmwareImages = (source: Source, note: Note): readonly FirmwareImage[] => {
  const files = new Map<string, string>();
  for (const directory of directories) {
    for (const name of source.list(directory)) if (name.endsWith('.json')) files.set(name, `${directory}/${name}`);
  }
  const described = [...files.keys()].sort().map((name) => readDescriptor(source, files.get(name) ?? '', note));
  const found = described.filter((image) => image !== null).filter((image) => source.exists(image.code));
  return found.length > 0
    ? found
    : knownImages.filter((image) => source.exists(image.code)).map((image) => withPresentVars(source, image));
};

const readDescriptor = (source: Source, path: string, note: Note): FirmwareImage | null => {
  const text = source.text(path);
  // An empty file, or a link to /dev/null, switches the descriptor of the same name off.
  if (text === null || text.trim() === '') return null;
  try {
    return decodeDescriptor(JSON.parse(text));
  } catch {
    note({
      code: 'host-file-malformed',
      severity: 'note',
      subject: path,
      message: `${path} is not JSON, so the guest firmware that it describes is not offered.`,
      remedy: 'Install the package of the firmware again.',
    });
    return null;
  }
};

const decodeDescriptor = (value: unknown): FirmwareImage | null => {
  const {mapping, targets, features, 'interface-types': interfaces} = asRecord(value);
  const {device, executable, 'nvram-template': template} = asRecord(mapping);
  const code = asRecord(executable)['filename'];
  const vars = asRecord(template)['filename'];
  const isForQ35 = asList(targets)
    .map(asRecord)
    .some(
      ({architecture, machines}) =>
        architecture === 'x86_64' && asList(machines).some((name) => typeof name === 'string' && name.includes('q35')),
    );
  if (device !== 'flash' || typeof code !== 'string' || !isForQ35 || !asList(interfaces).includes('uefi')) return null;
  return {
    code,
    vars: typeof vars === 'string' ? vars : null,
    hasSecureBoot: asList(features).includes('secure-boot'),
    hasEnrolledKeys: asList(features).includes('enrolled-keys'),
  };
};

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {};

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const image = (code: string, vars: string, secure: 'none' | 'secure' | 'enrolled' = 'none'): FirmwareImage => ({
  code,
  vars,
  hasSecureBoot: secure !== 'none',
  hasEnrolledKeys: secure === 'enrolled',
});

/** Where distributions without descriptors keep them. */
const knownImages: readonly FirmwareImage[] = [
  image('/usr/share/OVMF/OVMF_CODE_4M.ms.fd', '/usr/share/OVMF/OVMF_VARS_4M.ms.fd', 'enrolled'),
  image('/usr/share/OVMF/OVMF_CODE_4M.secboot.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd', 'secure'),
  image('/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'),
  image('/usr/share/OVMF/OVMF_CODE.secboot.fd', '/usr/share/OVMF/OVMF_VARS.fd', 'secure'),
  image('/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'),
  image('/usr/share/edk2/x64/OVMF_CODE.secboot.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd', 'secure'),
  image('/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'),
  image('/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd', '/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd', 'enrolled'),
  image('/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'),
  image('/usr/share/qemu/ovmf-x86_64-code.bin', '/usr/share/qemu/ovmf-x86_64-vars.bin'),
];

const withPresentVars = (source: Source, known: FirmwareImage): FirmwareImage =>
  known.vars !== null && source.exists(known.vars) ? known : {...known, vars: null};
