import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {run} from '../processes.js';
import {findMade} from './cache.js';
import {makeOnce} from './finished.js';

const packages = ['qemu-system-x86', 'ipxe-qemu'];
const sourcesOf = (suite) => [`deb http://deb.debian.org/debian ${suite} main`];

const bootstrapArguments = (suite, tree) => [
  '--mode=root',
  // Unpacked only: no maintainer script runs, and nothing is installed on this machine.
  '--variant=extract',
  '--aptopt=Acquire::Languages "none"',
  `--include=${packages.join(',')}`,
  suite,
  tree,
  ...sourcesOf(suite),
];

/**
 * The words that start QEMU of another Debian: its own loader with its own libraries, so that every path of the arguments
 * is still one of this machine. A machine that another QEMU has saved can't go on in it.
 */
export const findEmulator = async (suite, say) => {
  const directory = await findMade({
    name: `qemu-${suite}`,
    hash: createHash('sha256')
      .update(JSON.stringify(bootstrapArguments(suite, '')))
      .digest('hex')
      .slice(0, 16),
    isFinished: (folder) => existsSync(join(folder, 'tree')),
    make: async (folder) => {
      say(`unpacking QEMU of ${suite} in ${folder}`);
      await makeOnce(join(folder, 'tree'), (tree) =>
        run('mmdebstrap', bootstrapArguments(suite, tree), {seconds: 900}),
      );
    },
  });
  const at = (path) => join(directory, 'tree', path);
  const libraries = at('usr/lib/x86_64-linux-gnu');
  return [
    join(libraries, 'ld-linux-x86-64.so.2'),
    '--library-path',
    [libraries, join(libraries, 'pulseaudio')].join(':'),
    at('usr/bin/qemu-system-x86_64'),
    ...['qemu', 'seabios'].flatMap((name) => ['-L', at(`usr/share/${name}`)]),
  ];
};
