import type {Source} from '../../system/source.ts';
import {listQemuModules} from './qemu-modules.ts';

/**
 * Whether this QEMU has SPICE, which distributions pack apart or leave out. libvirt tells what it has found; where it does
 * not answer, the modules do. A QEMU without any modules may have it built in: unknown.
 */
export const readHasSpice = (source: Source, domainCapabilities: string | null): boolean | null => {
  const graphics = /<graphics supported=['"]yes['"]>([\s\S]*?)<\/graphics>/.exec(domainCapabilities ?? '')?.[1];
  const types = /<enum name=['"]type['"]>([\s\S]*?)<\/enum>/.exec(graphics ?? '')?.[1];
  if (types !== undefined) return types.includes('<value>spice</value>');
  return listQemuModules(source)?.includes('ui-spice-core.so') ?? null;
};
