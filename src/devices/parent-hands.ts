import type {HostFacts} from '../facts/host-facts.ts';
import type {PciFunction} from '../facts/pci.ts';
import {idOf} from '../plan/device/describe-function.ts';
import {otherHandsOn} from './other-hands.ts';

/** Something that takes the card from the driver that has to make its virtual functions or slices. */
export type ParentHand = {readonly fact: string; readonly remedy: string};

export const parentHandsOn = ({files, boot}: HostFacts, parent: PciFunction): readonly ParentHand[] => {
  const id = idOf(parent);
  const word = (boot.commandLine ?? '').split(/\s+/).find((one) => /^vfio[-_]pci\.ids=/.test(one) && hasId(one, id));
  return [
    ...(word === undefined
      ? []
      : [
          {
            fact: `The kernel was started with ${word}, which gives ${parent.address} (${id}) to vfio-pci.`,
            remedy: `Take ${id} out of it where the boot loader is configured, reboot, and plan again.`,
          },
        ]),
    ...Object.values(files)
      .filter(({path}) => /^\/etc\/modprobe\.d\/.*\.conf$/.test(path))
      .flatMap(({path, text}) =>
        (text ?? '').split('\n').flatMap((line, index) => handIn(path, index + 1, line, parent)),
      ),
    ...otherHandsOn(files, parent.address)
      .filter(({agrees}) => agrees)
      .map(({fact, undo}) => ({fact, remedy: `Undo that: ${undo}; then reboot, and plan again.`})),
  ];
};

const hasId = (list: string, id: string): boolean =>
  list
    .slice(list.indexOf('=') + 1)
    .toLowerCase()
    .split(',')
    .some((one) => one.startsWith(id));

/** modprobe.d(5): a module that is blacklisted is not loaded for a device on its own. */
const handIn = (path: string, line: number, text: string, parent: PciFunction): readonly ParentHand[] => {
  const [command = '', module = '', ...options] = text.trim().split(/\s+/);
  const name = module.replaceAll('-', '_');
  const remedy = 'Take that out of the file, rebuild the initramfs, reboot, and plan again.';
  if (command === 'options' && name === 'vfio_pci') {
    const ids = options.find((option) => option.startsWith('ids=') && hasId(option, idOf(parent)));
    return ids === undefined ? [] : [{fact: `${path}:${line} gives ${parent.address} to vfio-pci (${ids}).`, remedy}];
  }
  const isDriver = name !== '' && name === parent.driver?.replaceAll('-', '_');
  return command === 'blacklist' && isDriver
    ? [{fact: `${path}:${line} keeps ${module}, the driver of ${parent.address}, from being loaded.`, remedy}]
    : [];
};
