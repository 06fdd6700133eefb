import {parseSectionConfig} from '../../formats/qemu-server/section-config.ts';
import type {Source} from '../../system/source.ts';
import {readPools} from '../libvirt/pools.ts';

/** Where libvirt has its pool `default`. */
const usual = '/var/lib/libvirt/images';

/** Absolute paths of the folders in which this host keeps disk and ISO images for guests, those of Proxmox VE included. */
export const imageFolders = (source: Source): readonly string[] => [
  ...new Set([usual, ...readPools(source).map(({path}) => path), ...storageFolders(source)]),
];

/** Proxmox VE keeps the ISO images of a storage that is a folder in `template/iso` (pve-storage, PVE::Storage::Plugin). */
const storageFolders = (source: Source): readonly string[] =>
  parseSectionConfig(source.text('/etc/pve/storage.cfg') ?? '').flatMap(({options}) => {
    const path = options.get('path');
    const holdsIso = (options.get('content') ?? '').split(/[\s,;]+/).includes('iso');
    return path === undefined || !holdsIso || options.has('disable') || options.has('content-dirs')
      ? []
      : [`${path.replace(/\/+$/, '')}/template/iso`];
  });
