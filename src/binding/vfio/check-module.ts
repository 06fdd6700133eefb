import type {HostFacts} from '../../facts/host-facts.ts';
import {kernelsOf, moduleState} from '../../facts/modules.ts';
import {about, type Check} from '../../findings/check.ts';
import {listWords} from '../../words/list-words.ts';

export const checkVfioModule = (facts: HostFacts): Check => {
  const {kernel} = facts;
  const {ok, info, warning, error} = about('vfio-pci', 'vfio-pci');
  const others = kernelsOf(facts)
    .filter((one) => one.release !== kernel.release && moduleState(one, 'vfio_pci') === 'absent')
    .map(({release}) => release);
  const isHere = kernel.builtin?.includes('vfio_pci') === true || kernel.modules?.includes('vfio_pci') === true;
  if (isHere && others.length > 0)
    return warning(
      `The running kernel has it; ${listWords(others)}, which is installed as well, does not.`,
      'Remove that kernel if it is not needed: started with it, no device can go to a guest.',
    );
  if (kernel.builtin?.includes('vfio_pci') === true) return ok('Built into the kernel.');
  if (kernel.modules === null) return info('The modules of the kernel are not known here (/lib/modules).');
  if (kernel.modules.includes('vfio_pci')) return ok('A module of this kernel.');
  return error(
    `Kernel ${kernel.release ?? ''} has no vfio-pci module.`,
    'Install a kernel with CONFIG_VFIO_PCI; cloud and minimal kernels leave it out (Debian: linux-image-amd64 and not linux-image-cloud-amd64).',
  );
};
