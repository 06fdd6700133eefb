import {isObject, type JsonObject, type Upgrades} from '../decode/decode.ts';

/** By version, what makes a journal of it one of the next version: a run is undone by whatever version comes after it. */
export const journalUpgrades: Upgrades = {
  1: (journal) => ({
    ...journal,
    items: eachOf(journal['items'], upgradeItem),
    runs: eachOf(journal['runs'], (run) => ({...run, artifact: upgradeArtifact(run['artifact'])})),
  }),
};

const eachOf = (list: unknown, change: (one: JsonObject) => JsonObject): unknown =>
  Array.isArray(list) ? list.map((one: unknown) => (isObject(one) ? change(one) : one)) : list;

/** `installer` said at once who writes the file and when. A generated file under a name of our own was called unsettled. */
const upgradeItem = ({installer, ...item}: JsonObject): JsonObject => {
  const isOwn = installer === 'generated' && item['isUnsettled'] === true;
  return {
    ...item,
    placing: installer === 'last' ? 'last' : 'first',
    by: installer === 'libvirt' ? 'registry' : installer === 'generated' ? 'generator' : 'writer',
    onRollback: isOwn ? 'remove' : 'restore',
    isUnsettled: isOwn ? false : item['isUnsettled'],
  };
};

const upgradeArtifact = (artifact: unknown): unknown => {
  if (!isObject(artifact)) return artifact;
  const {isOwn, images, ...rest} = artifact;
  return {
    ...rest,
    ...(isOwn === true ? {onRollback: 'remove'} : {}),
    ...(isObject(images) ? {images: {...images, kind: 'images'}} : {}),
  };
};
