import {expectEqual, expectMatch, expectSameLines} from '../expect.js';
import {filesOf, planOf} from '../host-state.js';
import {hostCard} from '../machine/host.js';

const propose = async (machine, address) => {
  const file = `/root/${address.replaceAll(/\W/g, '-')}.yaml`;
  await machine.run(
    `vfio-pilot profile new --device ${address} --vcpus 2 --memory 512MiB --guest own --os linux --out ${file}`,
    60,
  );
  return file;
};

const blockersOf = async (machine, file) => {
  const {code, findings} = await planOf(machine, file);
  return {
    code,
    text: findings
      .filter((finding) => finding.severity === 'blocker')
      .map(({message}) => message)
      .join('\n'),
  };
};

export const ownDevices = {
  name: 'own-devices',
  isFast: true,
  title: "The host's disk controller, its only NIC and the card that it was started with can not be given away",
  run: async (lab) => {
    const machine = await lab.installedHost();
    const before = await filesOf(machine);

    lab.say('choosing the disk controller names the mount that needs it');
    const disk = await propose(machine, '00:03.0');
    const diskBlockers = await blockersOf(machine, disk);
    expectEqual(diskBlockers.code, 3, 'the exit code of plan');
    expectMatch(diskBlockers.text, /needs 0000:00:03\.0 .*: \/ is on vda1/, 'the blocker for the disk controller');

    lab.say('choosing the only NIC names the route that needs it');
    const nicBlockers = await blockersOf(machine, await propose(machine, '01:00.0'));
    expectEqual(nicBlockers.code, 3, 'the exit code of plan');
    expectMatch(
      nicBlockers.text,
      /needs 0000:01:00\.0 .*: the default route goes through .*enp1s0/,
      'the blocker for the NIC',
    );

    lab.say('choosing the card that the host was started with says so');
    const displayBlockers = await blockersOf(machine, await propose(machine, hostCard));
    expectEqual(displayBlockers.code, 3, 'the exit code of plan');
    expectMatch(displayBlockers.text, /0000:00:01\.0.*boot VGA/, "the blocker for the host's card");

    lab.say('even apply --yes writes nothing');
    const {code} = await machine.tryRun(`vfio-pilot apply --yes ${disk}`, 60);
    expectEqual(code, 3, 'the exit code of apply');
    expectSameLines(await filesOf(machine), before, 'the files in /etc and /boot');
  },
};
