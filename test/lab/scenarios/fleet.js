import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {openAnsible, renderRecap} from '../ansible.js';
import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {
  commandLineOf,
  expectDrivers,
  filesOf,
  hugepagesOf,
  pagesOnCardNode,
  withoutEnvironment,
  withoutTrial,
} from '../host-state.js';
import {patience} from '../patience.js';
import {run} from '../processes.js';

const image = 'debian-12-fleet';
const project = new URL('../../..', import.meta.url).pathname;
const memoryMiB = 512;

/** The card of the third is elsewhere: one profile for hosts that are not equal. */
const hardwareOf = {host1: undefined, host2: undefined, host3: {guestBus: 0x60}};
const names = Object.keys(hardwareOf);

/** Each card is said to have a monitor, so its loss is accepted, wherever it is. */
const profileFor = (cards) => `version: 2
name: fleet
devices:
  - match: {id: 1234:1111, node: 1}
cpu:
  vcpus: 2
memory:
  size: ${memoryMiB} MiB
guest:
  name: fleet
  os: linux
host:
  acceptLossOf: [${cards.join(', ')}]
`;

const rebootTimeout = 300 * patience;

/** As docs/many-hosts.md has it, but for where the hosts are and how long an emulated one may take. */
const inventoryOf = (folder, executable, machines) => `[gpu_hosts]
${machines.map(({name, sshPort}) => `${name} ansible_host=127.0.0.1 ansible_port=${sshPort}`).join('\n')}

[gpu_hosts:vars]
ansible_user=admin
ansible_ssh_private_key_file=${join(folder, 'key')}
ansible_ssh_common_args=-F /dev/null -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${join(folder, 'known_hosts')} -o GlobalKnownHostsFile=/dev/null
vfio_pilot_profile=inference.yaml
vfio_pilot_install=${executable}
vfio_pilot_reboot_timeout=${rebootTimeout}
`;

const verifyPlaybook = `- name: Start them once more and verify
  hosts: gpu_hosts
  become: true
  gather_facts: false
  tasks:
    - name: Reboot
      ansible.builtin.reboot:
        reboot_timeout: ${rebootTimeout}
    - name: Verify each promise
      vfio_pilot.host.verify:
`;

const rollbackPlaybook = `- name: Take it back
  hosts: gpu_hosts
  become: true
  gather_facts: false
  tasks:
    - name: Roll back
      vfio_pilot.host.rollback:
    - name: Reboot
      ansible.builtin.reboot:
        reboot_timeout: ${rebootTimeout}
`;

/** What an administrator's first set-up leaves: a user who may use sudo, with a key. Answers the host's own key, new and its alone. */
const letIn = (machine, publicKey) =>
  machine.run(
    [
      'useradd --create-home --shell /bin/bash admin',
      'install -d -m 700 -o admin -g admin /home/admin/.ssh',
      `echo '${publicKey}' > /home/admin/.ssh/authorized_keys`,
      "echo 'admin ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/admin && chmod 440 /etc/sudoers.d/admin",
      "rm -f /etc/ssh/ssh_host_* && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key",
      'systemctl restart ssh.service',
      'cat /etc/ssh/ssh_host_ed25519_key.pub',
    ].join(' && '),
    120,
  );

/** Runs while the host shuts down, and is gone in the next boot: the image is whole when Ansible asks for the reboot. */
const spoilTrialAtShutdown = (machine) =>
  machine.run(
    "systemd-run --unit=lab-spoil -p Type=oneshot -p RemainAfterExit=yes -p 'ExecStop=/usr/bin/truncate -s 3M /boot/vfio-pilot-trial.img' /usr/bin/true && systemctl is-active lab-spoil.service",
  );

const stateOf = async (machine) => ({
  files: await filesOf(machine),
  commandLine: await commandLineOf(machine),
  bootId: await machine.run('cat /proc/sys/kernel/random/boot_id'),
});

const sessionsOf = async (machine) =>
  Number(await machine.run('journalctl --no-pager -u ssh.service | grep -c "Accepted publickey for admin"; true'));

const trialsOf = (machine) => machine.console.count(/Booting `vfio-pilot/g);

const expectGivenAway = async (machine) => {
  await expectDrivers(machine, {isGivenAway: true});
  expectEqual(await hugepagesOf(machine), pagesOnCardNode(machine.host, memoryMiB), 'hugepages on the nodes');
};

const openFleet = async (lab) => {
  const folder = join(lab.directory, 'controller');
  mkdirSync(folder);
  const ansible = openAnsible(folder, lab.say);
  await run('node', ['packaging/run.js', folder], {seconds: 300, cwd: project});
  const executable = `vfio-pilot-${JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).version}-linux-x64`;
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')], {seconds: 30});
  const publicKey = readFileSync(join(folder, 'key.pub'), 'utf8').trim();
  const machines = [];
  for (const name of names) {
    const machine = await lab.installedHost({
      image,
      name,
      hardware: hardwareOf[name],
      hasProgram: false,
      forwardsSsh: true,
    });
    const hostKey = await letIn(machine, publicKey);
    machines.push({...machine, name, hostKey, before: await stateOf(machine)});
  }
  writeFileSync(
    join(folder, 'known_hosts'),
    machines
      .map(({sshPort, hostKey}) => `[127.0.0.1]:${sshPort} ${hostKey.split(' ').slice(0, 2).join(' ')}\n`)
      .join(''),
  );
  writeFileSync(join(folder, 'inventory.ini'), inventoryOf(folder, executable, machines));
  writeFileSync(
    join(folder, 'inference.yaml'),
    profileFor([...new Set(machines.map(({host}) => host.card.functions[0].address))]),
  );
  writeFileSync(join(folder, 'verify.yml'), verifyPlaybook);
  writeFileSync(join(folder, 'rollback.yml'), rollbackPlaybook);
  return {machines, ansible};
};

/** What became of each host, in the order of the play; one that was not begun is not in a recap. */
const expectRecap = (lab, {recap, stdout}, wanted) => {
  for (const line of renderRecap(recap)) lab.say(line);
  const became = recap.map(({host, changed, unreachable, failed}) => {
    if (unreachable > 0) return `${host} unreachable`;
    if (failed > 0) return `${host} failed`;
    return `${host} ${changed > 0 ? 'changed' : 'ok'}`;
  });
  expectEqual(became.join(', '), wanted, `the recap of Ansible, after\n${stdout.slice(-2000)}`);
};

export const fleet = {
  name: 'fleet',
  isFast: false,
  title:
    'Ansible over ssh, one host after the other: one whose trial does not come up returns alone and ends the run, the next is not touched, and the run after that sets both up',
  run: async (lab) => {
    const {machines, ansible} = await openFleet(lab);
    const [first, second, third] = machines;
    lab.say(`three hosts have started; Ansible waits ${rebootTimeout} s for each reboot`);

    lab.say('the first run; the image of the second trial is cut short while that host shuts down');
    await spoilTrialAtShutdown(second);
    second.console.tolerateDeath(true);
    const one = await ansible.play('vfio_pilot.host.gpu_hosts', {seconds: 3600});
    expectRecap(lab, one, 'host1 changed, host2 failed');
    expectMatch(one.stdout, /This boot is the trial/, 'why the second failed');

    lab.say('the first has the set-up');
    await expectGivenAway(first);
    lab.say('the second is back on its own, after one boot on trial');
    expectEqual(trialsOf(second), 1, 'the boots on trial');
    await expectDrivers(second, {isGivenAway: false});
    const returned = await stateOf(second);
    expectTrue(returned.bootId !== second.before.bootId, 'the second did not reboot');
    expectEqual(returned.commandLine, second.before.commandLine, '/proc/cmdline of the second');
    expectSameLines(withoutTrial(returned.files), withoutTrial(second.before.files), 'the files of the second');
    lab.say('nobody was on the third');
    const untouched = await stateOf(third);
    expectEqual(
      [untouched.bootId, untouched.commandLine],
      [third.before.bootId, third.before.commandLine],
      'the boot of the third',
    );
    expectSameLines(untouched.files, third.before.files, 'the files of the third');
    const sessions = await Promise.all([first, third].map(sessionsOf));
    expectTrue(sessions[0] > 0, 'the journal of the first shows no session of Ansible');
    expectEqual(sessions[1], 0, 'sessions of Ansible on the third');

    lab.say('the trial of the second is dropped');
    const dropped = await ansible.module('host2', 'vfio_pilot.host.rollback', 300);
    expectEqual(dropped.code, 0, `the exit code of the module rollback: ${dropped.stdout}`);
    expectSameLines(
      withoutEnvironment(await filesOf(second)),
      withoutEnvironment(second.before.files),
      'the files of the second',
    );

    lab.say('the second run');
    const two = await ansible.play('vfio_pilot.host.gpu_hosts', {seconds: 3600});
    expectRecap(lab, two, 'host1 ok, host2 changed, host3 changed');
    expectEqual(machines.map(trialsOf), [1, 2, 1], 'the boots on trial');

    lab.say('all three start once more, now without a trial');
    const three = await ansible.play('verify.yml', {seconds: 1200});
    expectRecap(lab, three, 'host1 changed, host2 changed, host3 changed');
    for (const machine of machines) {
      await expectGivenAway(machine);
      expectTrue(
        !(await commandLineOf(machine)).includes('vfio_pilot'),
        `the trial is on the command line of the ordinary boot of ${machine.name}`,
      );
    }

    lab.say('the first is taken back');
    const four = await ansible.play('rollback.yml', {words: ['--limit', 'host1'], seconds: 1200});
    expectRecap(lab, four, 'host1 changed');
    const after = await stateOf(first);
    expectSameLines(
      withoutEnvironment(after.files),
      withoutEnvironment(first.before.files),
      'the files of the first in /etc and /boot',
    );
    expectEqual(after.commandLine, first.before.commandLine, '/proc/cmdline of the first');
    expectEqual(await hugepagesOf(first), [0, 0], 'hugepages on the nodes');
    await expectDrivers(first, {isGivenAway: false});
  },
};
