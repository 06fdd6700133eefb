import {renderNixosModule} from '../../boot/nixos/nixos.ts';
import {UsageError} from '../../errors.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Exporter} from '../exporter.ts';
import {refuseOtherHypervisor, wholeFunctions} from '../whole-functions.ts';
import {commentList} from '../yaml-text.ts';

/** The module that `apply` writes on NixOS, for a configuration that is kept elsewhere. */
export const exportNixos: Exporter = ({pci}, {plan}) => {
  wholeFunctions(plan, 'A module of NixOS');
  refuseOtherHypervisor(plan, 'this module');
  const module = renderNixosModule(plan, pci);
  if (module === '')
    throw new UsageError(
      'The plan has nothing that NixOS makes from its configuration: all of it is in the guest.',
      'Apply the profile on the host.',
    );
  const [header = '', ...rest] = module.trimEnd().split('\n');
  return [
    {
      title: null,
      lines: [
        header,
        '# Add it to the imports of the configuration of this one host; then nixos-rebuild boot, and reboot.',
        "# What it can't express:",
        ...commentList(leftOut(plan)),
        ...rest,
      ],
    },
  ];
};

const leftOut = ({guest, kernelArguments, handover, isolation, memory}: Plan): readonly string[] => [
  `The guest ${guest.name}: it is kept by libvirt on the host. Run \`vfio-pilot apply\` there, which writes this module too.`,
  ...(kernelArguments.remove.length === 0
    ? []
    : [
        `Arguments to take away: ${kernelArguments.remove.map(({text}) => text).join(' ')}. Remove them from boot.kernelParams.`,
      ]),
  ...(handover !== null || isolation.method === 'cgroup' || memory.hugepages?.method === 'hook'
    ? ['What a hook of libvirt does when the guest starts and ends.']
    : []),
];
