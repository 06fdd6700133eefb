/** A command line of the docs that the tests do not run as it is written, and what shows that it is right all the same. */
export type NotRun = {
  readonly line: string;
  /** A file of the project with `shows` in it: it runs this line, or what the line starts. */
  readonly by?: readonly [file: string, shows: string];
  /** Nothing runs it, for this reason. */
  readonly because?: string;
};

const ci = (shows: string): readonly [string, string] => ['.ci/run', shows];
const release = 'test/packaging/release.deep.test.ts';
const role = 'test/integrations/role.deep.test.ts';
const galaxy = 'test/integrations/collection.ts';
const single = 'test/packaging/single-file.deep.test.ts';

export const notRun: readonly NotRun[] = [
  {line: 'npm ci && npm run demo', by: ['test/cli/demo.test.ts', 'scripts.demo']},
  {line: 'npm ci && npm test', by: ci('npm ci && npm test')},
  {line: 'npm ci && npm run build && npm pack', by: ['.ci/node-versions', 'npm pack']},
  {line: 'npm ci --ignore-scripts && npm run packages', by: ['.ci/reproducible-release', 'npm run --silent packages']},
  {line: 'npm ci --ignore-scripts && npm run single-file', by: [single, 'packaging/run.js']},
  {line: 'npm ci --ignore-scripts && npm run single-file -- --arch arm64', by: [release, "'--arch', 'arm64'"]},
  {line: 'npm ci --ignore-scripts && npm run reproducible', by: ci('npm run --silent reproducible')},
  {line: 'npm run reproducible vfio-pilot-0.1.0.tgz', because: 'There is no package from elsewhere yet.'},
  {line: 'npm ci --ignore-scripts && npm run reproducible-release', by: ci('npm run --silent reproducible-release')},
  {line: 'npm run reproducible-release vfio-pilot-0.1.0-linux-x64', because: 'There is no file from elsewhere yet.'},
  {line: 'sudo apt install ./vfio-pilot_0.1.0_all.deb', by: [release, 'apt-get install']},
  {line: 'sudo apt install ./vfio-pilot-bundled_0.1.0_amd64.deb', by: [release, 'apt-get install']},
  {line: 'sudo apt purge vfio-pilot', by: [release, 'apt-get purge -y vfio-pilot']},
  {line: 'sudo apt purge vfio-pilot-bundled', by: [release, 'dpkg --purge vfio-pilot-bundled']},
  {
    line: 'sudo npm install --global --ignore-scripts ./vfio-pilot-0.1.0.tgz',
    by: ['test/cli/package.test.ts', "'install'"],
  },
  {line: 'sudo install -D -m 755 vfio-pilot-0.1.0-linux-x64 /usr/lib/vfio-pilot/vfio-pilot', by: [release, 'bundled']},
  {
    line: 'sudo ln -s ../lib/vfio-pilot/vfio-pilot /usr/bin/vfio-pilot',
    by: ['packaging/debian.js', '../lib/vfio-pilot/'],
  },
  {line: 'sha256sum --check --ignore-missing SHA256SUMS', by: [release, 'sha256sum']},
  {
    line: 'sudo virsh -c qemu:///system domdisplay --type spice win11',
    because:
      'It needs a guest that runs; test/hypervisor/looking-glass.test.ts expects the same line on the to-do list.',
  },
  {
    line: 'looking-glass-client -f /dev/kvmfr0 -p 5900',
    because: 'It needs a card; test/hypervisor/kvmfr.test.ts expects the same line on the to-do list.',
  },
  {
    line: 'looking-glass-client -f /dev/shm/looking-glass -p 5900',
    because: 'It needs a card; test/hypervisor/looking-glass.test.ts expects the same line on the to-do list.',
  },
  {line: 'minisign -Vm SHA256SUMS -p vfio-pilot.pub', because: 'There is no key yet.'},
  {
    line: 'journalctl -t vfio-pilot',
    because: 'Only what runs on a machine, and not below another root, leaves a line in its log.',
  },
  {line: 'npm run bench', because: 'Its figures are those of a machine without other work.'},
  {line: 'npm run bench -- --write', because: 'Its figures are those of a machine without other work.'},
  {line: 'sh host1.sh check', by: ['test/exchange/script.deep.test.ts', "'check'"]},
  {line: 'sh host1.sh apply', by: ['test/exchange/script.deep.test.ts', "'apply'"]},
  {line: 'sh host1.sh undo', by: ['test/exchange/script.deep.test.ts', "'undo'"]},
  {line: 'mkdir node1 && tar -xzf node1.tar.gz -C node1', by: ['test/capture/capture.test.ts', 'tar']},
  {line: 'ansible-galaxy collection build integrations/ansible', by: [galaxy, "'build'"]},
  {line: 'ansible-galaxy collection install vfio_pilot-host-0.1.0.tar.gz', by: [galaxy, "'install'"]},
  {
    line: 'ansible-playbook -i inventory.ini gpu_hosts.yml --check --diff',
    by: [role, "'gpu_hosts.yml', '--check', '--diff'"],
  },
  {line: 'ansible-playbook -i inventory.ini gpu_hosts.yml', by: [role, "'inventory.ini', 'gpu_hosts.yml'"]},
  // CONTRIBUTING
  {line: 'npm ci', by: ci('npm ci')},
  {line: 'npm test', by: ci('npm test')},
  {line: 'npm run check', by: ['.ci/check', 'types']},
  {line: 'npm run test:deep', by: ci('npm run test:deep')},
  {line: 'npm run test:faults', because: 'It takes a night.'},
  {line: 'npm run reproducible', by: ci('npm run --silent reproducible')},
  {line: 'npm run recording', by: ['test/packaging/recording.deep.test.ts', 'packaging/recording/run.js']},
  {line: 'npm run single-file', by: [single, 'packaging/run.js']},
  {line: 'npm run packages', by: ['.ci/reproducible-release', 'npm run --silent packages']},
  {line: 'npm run reproducible-release', by: ci('npm run --silent reproducible-release')},
  {line: 'npm run figures', by: ci('print_figures')},
  {line: 'npm run test:lab', by: ci('npm run --silent test:lab')},
  {line: 'npm run demo', by: ['test/cli/demo.test.ts', 'scripts.demo']},
  {line: 'bash .ci/run', because: 'It runs this test.'},
];

/** Blocks without a language that are no command lines, by how they begin. */
export const pictures: readonly string[] = ['host ──► facts'];
