import {isObject, memberOf, parseJson} from '../../decode/decode.ts';
import {type FileTable, keeps} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {MediatedAttribute} from './mediated-device-format.ts';

const directory = '/etc/mdevctl.d';

/** libvirt's `nodedev-define` writes there too, through mdevctl. */
export const definitionFiles: FileTable = [keeps(`${directory}/*`, '*-*-*-*-*')];

export const definitionPath = (parent: string, uuid: string): string => `${directory}/${parent}/${uuid}`;

/** As mdevctl 1.2.0 and 1.4.0 write it: no newline at the end. */
export const definitionText = (type: string, attributes: readonly MediatedAttribute[]): string =>
  JSON.stringify(
    {mdev_type: type, start: 'auto', attrs: attributes.map(({name, value}) => ({[name]: value}))},
    null,
    2,
  );

export type Definition = {
  readonly path: string;
  readonly parent: string;
  readonly uuid: string;
  /** `null` where the file cannot be understood. */
  readonly type: string | null;
};

/** All that mdevctl and libvirt know. */
export const definitionsIn = (files: Readonly<Record<string, FileFacts>>): readonly Definition[] =>
  Object.values(files).flatMap(({path, text}) => {
    const named = nameOfDefinition(path);
    return named === null ? [] : [{...named, path, type: typeIn(text)}];
  });

/** `/etc/mdevctl.d/mtty/11111111-…`; not what is in its folder of scripts. */
export const nameOfDefinition = (path: string): {readonly parent: string; readonly uuid: string} | null => {
  const [, parent, uuid] =
    /^\/etc\/mdevctl\.d\/([^/]+)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(path) ?? [];
  return parent === undefined || uuid === undefined ? null : {parent, uuid};
};

/** Of one definition, in its order; those that are not single texts are left out. */
export const attributesIn = (text: string | null): readonly MediatedAttribute[] => {
  const parsed = parseJson(text ?? '');
  const attributes = parsed.isValid && isObject(parsed.value) ? memberOf(parsed.value, 'attrs') : null;
  return (Array.isArray(attributes) ? attributes : [])
    .filter(isObject)
    .flatMap((one) =>
      Object.entries(one).flatMap(([name, value]) => (typeof value === 'string' ? [{name, value}] : [])),
    );
};

const typeIn = (text: string | null): string | null => {
  const parsed = parseJson(text ?? '');
  const type = parsed.isValid && isObject(parsed.value) ? memberOf(parsed.value, 'mdev_type') : null;
  return typeof type === 'string' ? type : null;
};
