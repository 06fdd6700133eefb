import type {KvmFacts} from '../../facts/virtualisation.ts';
import type {Source} from '../../system/source.ts';
import {listQemuModules} from './qemu-modules.ts';

/** QEMU's names of its modules, which differ from libvirt's of what they are for. */
const names: Readonly<Record<string, string>> = {pa: 'pulseaudio'};

/** What libvirt lists, which newer versions do; else QEMU's modules. A QEMU without any may have them built in: unknown. */
export const readAudioBackends = (source: Source, domainCapabilities: string | null): KvmFacts['audioBackends'] => {
  const audio = /<audio supported=['"]yes['"]>([\s\S]*?)<\/audio>/.exec(domainCapabilities ?? '')?.[1];
  const types = /<enum name=['"]type['"]>([\s\S]*?)<\/enum>/.exec(audio ?? '')?.[1];
  if (types !== undefined) return [...types.matchAll(/<value>([^<]+)<\/value>/g)].map(([, value = '']) => value);
  const modules = listQemuModules(source);
  if (modules === null) return null;
  return modules.flatMap((name) => {
    const backend = /^audio-([\w-]+)\.so$/.exec(name)?.[1];
    return backend === undefined ? [] : [names[backend] ?? backend];
  });
};

const users = '/run/user';

/** Its socket, which is there as long as the user is logged in (PipeWire: PIPEWIRE_RUNTIME_DIR, core.name). */
export const readPipeWireDirectories = (source: Source): KvmFacts['pipeWireDirectories'] =>
  source.exists(users)
    ? source
        .list(users)
        .map((user) => `${users}/${user}`)
        .filter((directory) => source.exists(`${directory}/pipewire-0`))
    : null;
