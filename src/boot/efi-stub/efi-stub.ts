import {type BootChain, isSet, plainLoader} from '../boot-chain.ts';
import {readLoaderVariable} from '../efi-variables.ts';

/**
 * The firmware starts the kernel itself, which is an EFI program. systemd-boot and rEFInd start it in the same way and
 * leave the same mark: where one of them is set up, it keeps the arguments.
 */
export const efiStub: BootChain = {
  name: 'efi-stub',
  detection: {
    ...plainLoader,
    evidence: ({source, commandLine}) =>
      isSet(commandLine, 'initrd=\\') &&
      readLoaderVariable(source, 'LoaderInfo') === null &&
      readLoaderVariable(source, 'StubInfo') === null
        ? [
            {
              loader: 'efi-stub',
              strength: 'boot',
              sentence:
                'The kernel command line has initrd=\\…: the kernel was started as an EFI program, by the firmware or a loader such as systemd-boot or rEFInd.',
            },
          ]
        : [],
    needsUefi: true,
    whenOtherStarted: 'nothing',
  },
  files: [],
  readOwn: () => null,
  nextArguments: () => null,
  writer: null,
  lineEdit: () => null,
  byHand: () =>
    'In the boot entry of the firmware (`efibootmgr -v` shows it; `efibootmgr --create` with `--unicode` makes a new one), add',
};
