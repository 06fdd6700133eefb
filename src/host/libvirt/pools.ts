import {dirname} from 'node:path';
import type {KvmFacts} from '../../facts/virtualisation.ts';
import {attributeOf, childNamed, elementsAt, parseXmlBeginning} from '../../formats/xml/document.ts';
import type {Source} from '../../system/source.ts';
import {domainDirectory} from './libvirt-domains.ts';
import {namesOfXml} from './networks.ts';

/** Pools of the type `dir`, whose volumes are files in a folder; the others are no place for an image file. */
export const readPools = (source: Source): KvmFacts['pools'] => {
  const directory = `${dirname(domainDirectory(source))}/storage`;
  return namesOfXml(source, directory).flatMap((file) => {
    const {root} = parseXmlBeginning(source.text(`${directory}/${file}.xml`) ?? '');
    const path = elementsAt(root, 'target/path')[0]?.text.trim() ?? '';
    if (attributeOf(root, 'type') !== 'dir' || !path.startsWith('/')) return [];
    return [{name: childNamed(root, 'name')?.text.trim() ?? file, path: path.replace(/(?<=.)\/+$/, '')}];
  });
};
