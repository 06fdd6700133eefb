import type {Source} from '../../system/source.ts';

/** Where programs tell QEMU's managers what they can do (QEMU: docs/interop/vhost-user.json); libvirt looks there. */
const directories = ['/usr/share/qemu/vhost-user', '/etc/qemu/vhost-user'];

/** Whether libvirt finds a virtiofsd: a description of one, and its program. */
export const readHasVirtiofsd = (source: Source): boolean =>
  directories
    .flatMap((directory) => source.list(directory).map((name) => source.text(`${directory}/${name}`) ?? ''))
    .some((text) => {
      const binary = /"binary"\s*:\s*"([^"]+)"/.exec(text)?.[1];
      return /"type"\s*:\s*"fs"/.test(text) && binary !== undefined && source.exists(binary);
    });
