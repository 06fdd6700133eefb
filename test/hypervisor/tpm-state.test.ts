import {describe, expect, it} from 'vitest';
import {kvm} from '../../src/hypervisor/kvm/kvm.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {put, withRoot} from '../transaction/scratch-root.ts';

const uuid = '11111111-2222-4333-8444-555555555555';
const path = '/etc/libvirt/qemu/win11.xml';

describe('a guest that goes on rollback', () => {
  it('is kept back as long as libvirt would delete the state of its TPM with it', () =>
    withRoot((root) => {
      const machine = realMachine(root);
      put(root, path, `<domain type='kvm'><name>win11</name><uuid>${uuid}</uuid></domain>`);
      expect(kvm.whyInUse(machine, [path], [])).toBeNull();
      put(root, `/var/lib/libvirt/swtpm/${uuid}/tpm2/tpm2-00.permall`, 'state');
      expect(kvm.whyInUse(machine, [path], [])).toMatchObject({
        problem: expect.stringContaining('The guest win11 was started with an emulated TPM'),
        nextStep: expect.stringContaining(`mv /var/lib/libvirt/swtpm/${uuid}`),
      });
      expect(kvm.whyInUse(machine, ['/etc/libvirt/qemu/none.xml', '/etc/default/grub'], [])).toBeNull();
    }));

  it('whose definition has no usable UUID is not looked for elsewhere', () =>
    withRoot((root) => {
      put(root, path, '<domain><name>win11</name><uuid>../../../etc</uuid></domain>');
      put(root, '/var/lib/libvirt/swtpm/x', '');
      expect(kvm.whyInUse(realMachine(root), [path], [])).toBeNull();
    }));
});
