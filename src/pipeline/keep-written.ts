import {type ProfileSelector, isProfileSelector} from '../devices/selector/selector-format.ts';
import {selectFunction} from '../devices/selector/select-function.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Profile, ProfileDevice, WrittenProfile} from '../profile/profile.ts';
import {resolveProfile} from './resolve-profile.ts';

/**
 * The opposite of `resolveProfile`, after a person changed something: what the file said by `match` or as a share stays
 * so where it still means the same on this host. The rest is what the person chose.
 */
export const keepWritten = (facts: HostFacts, written: WrittenProfile, chosen: Profile): WrittenProfile => {
  const devices = withSelectors(facts, written, chosen);
  const {vcpus} = written.cpu;
  const {sizeMiB} = written.memory;
  const shared: WrittenProfile = {
    ...chosen,
    devices,
    cpu: {...chosen.cpu, vcpus: chosen.cpu.pins === 'auto' ? vcpus : chosen.cpu.vcpus},
    memory: {...chosen.memory, sizeMiB},
  };
  // A share of another node is another size.
  const means = resolveProfile(facts, shared).profile;
  return {
    ...shared,
    cpu: means.cpu.vcpus === chosen.cpu.vcpus ? shared.cpu : chosen.cpu,
    memory: means.memory.sizeMiB === chosen.memory.sizeMiB ? shared.memory : chosen.memory,
  };
};

const withSelectors = (facts: HostFacts, written: WrittenProfile, {devices}: Profile): readonly ProfileDevice[] => {
  // Not touched: an item that means nothing on this host stays as well.
  if (JSON.stringify(devices) === JSON.stringify(resolveProfile(facts, written).profile.devices))
    return written.devices;
  const selectors = written.devices.filter(isProfileSelector).flatMap((selector) => {
    const selected = selectFunction(facts, selector);
    return selected.ok ? [{selector, device: selected.device}] : [];
  });
  return devices.map((device): ProfileDevice => {
    const same = selectors.find((one) => one.device.kind === device.kind && one.device.address === device['address']);
    return same === undefined ? device : withRom(same.selector, device['rom']);
  });
};

const withRom = (selector: ProfileSelector, rom: unknown): ProfileSelector =>
  typeof rom === 'string' || rom === null ? {...selector, rom} : selector;
