import {expectEqual, expectMatch, expectSameLines} from '../expect.js';
import {expectDrivers, filesOf, makeProfile, planOf} from '../host-state.js';
import {guestCard, hostCard, sharedCard} from '../machine/host.js';

const movedCard = '0000:61:00.0';
const slotOf = (address) => address.replace(/\.\d$/, '');

export const replay = {
  name: 'replay',
  isFast: false,
  title:
    'A profile from another machine, where the card sits elsewhere, is refused until the user says which card is meant',
  run: async (lab) => {
    const first = await lab.installedHost();
    await makeProfile(first, guestCard);
    const profile = await first.run('cat lab.yaml');
    await first.stop();

    lab.say('the second machine has the card at another address; it boots through GRUB');
    const second = await lab.installedHost({hardware: {guestBus: 0x60}});
    await second.run(`cat >lab.yaml <<'YAML'\n${profile}\nYAML`);
    const before = await filesOf(second);

    lab.say('refused: the three cards with these ids are named, none is taken');
    const refused = await planOf(second, 'lab.yaml');
    expectEqual(refused.code, 3, 'the exit code of plan');
    const moved = refused.findings.find(({code}) => code === 'device-moved');
    for (const address of [hostCard, sharedCard, movedCard])
      expectMatch(moved?.message ?? '', new RegExp(address), 'what device-moved says');
    expectEqual((await second.tryRun('vfio-pilot apply lab.yaml --yes', 60)).code, 3, 'the exit code of apply');

    lab.say('the right addresses alone are not enough: the bridges above the card are others, and it could be a twin');
    await second.run(`sed -i 's/${slotOf(guestCard)}/${slotOf(movedCard)}/' lab.yaml`);
    const twin = await planOf(second, 'lab.yaml');
    expectEqual(
      [twin.code, twin.findings.some(({code}) => code === 'device-moved')],
      [3, true],
      'plan with the new address only',
    );
    expectSameLines(await filesOf(second), before, 'the files in /etc and /boot');

    lab.say('the user says which card it is; applied and rebooted, that one is with vfio-pci and its twins are not');
    await second.run(`sed -i 's/0000:40:00.0/0000:60:00.0/' lab.yaml`);
    expectEqual((await planOf(second, 'lab.yaml')).code, 0, 'the exit code of plan');
    await second.run('vfio-pilot apply lab.yaml --yes', 600);
    await second.reboot();
    await expectDrivers(second, {isGivenAway: true});
    expectMatch(await second.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify');
  },
};
