import type {Virsh} from './virsh.ts';

type Capabilities = {
  readonly emulator: string | null;
  readonly hypervFeatures: readonly string[] | null;
  readonly machines: readonly string[] | null;
};

/** All `null` where libvirt does not answer: under another root, or when the daemon does not run. */
export const askCapabilities = (virsh: Virsh): Capabilities => {
  const domain = virsh('domcapabilities', '--virttype', 'kvm', '--arch', 'x86_64', '--machine', 'q35') ?? virsh('domcapabilities');
  return {...parseDomainCapabilities(domain), machines: parseMachines(virsh('capabilities'))};
};

export const parseDomainCapabilities = (xml: string | null): Omit<Capabilities, 'machines'> => {
  const hyperv = /<hyperv supported=['"]yes['"]>([\s\S]*?)<\/hyperv>/.exec(xml ?? '')?.[1];
  const features = /<enum name=['"]features['"]>([\s\S]*?)<\/enum>/.exec(hyperv ?? '')?.[1];
  return {
    emulator: /<path>([^<]+)<\/path>/.exec(xml ?? '')?.[1]?.trim() ?? null,
    hypervFeatures: features === undefined ? null : [...features.matchAll(/<value>([^<]+)<\/value>/g)].map(([, value = '']) => value),
  };
};

/** `<machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine>` of the x86_64 guest. */
export const parseMachines = (xml: string | null): readonly string[] | null => {
  const guest = /<arch name=['"]x86_64['"]>([\s\S]*?)<\/arch>/.exec(xml ?? '')?.[1];
  if (guest === undefined) return null;
  return [...new Set([...guest.matchAll(/<machine[^>]*>([^<]+)<\/machine>/g)].map(([, name = '']) => name))].sort();
};
