import {existsSync, renameSync, rmSync} from 'node:fs';

/** `make` writes to a name of its own; `path` is there only when it is finished, and then nothing is made again. */
export const makeOnce = async (path, make) => {
  if (existsSync(path)) return;
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, {recursive: true, force: true});
  await make(unfinished);
  renameSync(unfinished, path);
};
