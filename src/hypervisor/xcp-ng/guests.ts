import type {HostFacts} from '../../facts/host-facts.ts';
import {parsePciAddress} from '../../facts/pci-address.ts';
import {ioThreadsOf} from '../../facts/io-threads.ts';
import {parseMask} from '../../formats/xapi/vcpu-mask.ts';
import {parseVmPci} from '../../formats/xapi/vm-pci.ts';
import type {DefinedGuest} from '../../plan/other-guest.ts';
import {nameOfVm, xapiOf} from './xapi-facts.ts';

/** VMs of the pool. Disks of dom0 that they write to are in storage repositories, which the needs of dom0 know. */
export const xapiGuests = (facts: HostFacts): readonly DefinedGuest[] =>
  (xapiOf(facts).xapi.vms ?? []).map((vm) => ({
    name: nameOfVm(facts, vm),
    alias: vm.uuid,
    use: {
      pinnedCpus: (parseMask(vm.mask ?? '') ?? []).flatMap((group) => (group.length === 1 ? group : [])),
      hostdevs: parseVmPci(vm.pci ?? '').devices.flatMap(({address}) => parsePciAddress(address) ?? []),
      mediated: [],
      pools: [],
      usb: [],
      memoryKiB: (vm.memoryMiB ?? 0) * 1024,
      pageKiB: null,
      perNodeKiB: new Map<number, number>(),
      disks: [],
      ioThreads: ioThreadsOf(null),
    },
  }));
