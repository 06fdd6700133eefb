import {attributeOf, childNamed, parseXmlBeginning} from '../../formats/xml/document.ts';
import {parseSectionConfig} from '../../formats/qemu-server/section-config.ts';
import type {Source} from '../../system/source.ts';

/** Where libvirt has its pool `default`. */
const usual = '/var/lib/libvirt/images';

const pools = '/etc/libvirt/storage';

/** Absolute paths of the folders in which this host keeps disk and ISO images for guests, those of Proxmox VE included. */
export const imageFolders = (source: Source): readonly string[] => [
  ...new Set([usual, ...poolFolders(source), ...storageFolders(source)]),
];

/** libvirt's pools that are folders (libvirt, "Storage pool XML"): `<pool type='dir'><target><path>`. */
const poolFolders = (source: Source): readonly string[] =>
  source
    .list(pools)
    .filter((file) => file.endsWith('.xml'))
    .flatMap((file) => {
      const {root} = parseXmlBeginning(source.text(`${pools}/${file}`) ?? '');
      const path = childNamed(childNamed(root, 'target'), 'path')?.text.trim() ?? '';
      return attributeOf(root, 'type') === 'dir' && path.startsWith('/') ? [path] : [];
    });

/** Proxmox VE keeps the ISO images of a storage that is a folder in `template/iso` (pve-storage, PVE::Storage::Plugin). */
const storageFolders = (source: Source): readonly string[] =>
  parseSectionConfig(source.text('/etc/pve/storage.cfg') ?? '').flatMap(({options}) => {
    const path = options.get('path');
    const holdsIso = (options.get('content') ?? '').split(/[\s,;]+/).includes('iso');
    return path === undefined || !holdsIso || options.has('disable') || options.has('content-dirs')
      ? []
      : [`${path.replace(/\/+$/, '')}/template/iso`];
  });
