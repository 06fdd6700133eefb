import {join} from 'node:path';
import {makeTree} from './make-tree.ts';

/** A profile file for the host `two-identical-cards`; `settings` are the lines of `guest:` below its name. */
export const twinProfile = (name: string, settings: string): string => {
  const lines = settings.trim().split('\n');
  const text = `version: 1
name: ${name}
devices:
  - address: 0000:0b:00.0
    id: 10de:2504
cpu:
  vcpus: 8
memory:
  size: 16 GiB
guest:
  name: ${name}
${lines.map((line) => `  ${line}\n`).join('')}`;
  return join(makeTree({[`/${name}.yaml`]: text}), `${name}.yaml`);
};
