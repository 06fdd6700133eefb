import {expectEqual, expectMatch} from '../expect.js';
import {planOf} from '../host-state.js';
import {sharedCard as card, sharedNeighbour as neighbour} from '../machine/host.js';

const find = (findings, code) => findings.find((finding) => finding.code === code);

export const dirtyGroup = {
  name: 'dirty-group',
  isFast: false,
  title: 'A card that shares its IOMMU group goes to a guest only once the profile names its neighbour',
  run: async (lab) => {
    const machine = await lab.installedHost();
    await machine.run(
      `vfio-pilot profile new --device ${card} --vcpus 2 --memory 512MiB --guest shared --os linux --out /root/shared.yaml`,
      60,
    );
    await machine.run(`printf '\\nhost:\\n  acceptLossOf: [${card}]\\n' >> /root/shared.yaml`);

    lab.say('blocked, with the neighbour and the reason');
    const refused = await planOf(machine, '/root/shared.yaml');
    expectEqual(refused.code, 3, 'the exit code of plan');
    const shared = find(refused.findings, 'iommu-group-shared');
    expectEqual(shared?.severity, 'blocker', 'the severity of iommu-group-shared');
    expectMatch(shared.message, new RegExp(`${neighbour}.*ACS|ACS.*${neighbour}`, 's'), 'the reason');

    lab.say('accepted once the neighbour is named');
    await machine.run(`printf '  acceptGroupMates: [${neighbour}]\\n' >> /root/shared.yaml`);
    const accepted = await planOf(machine, '/root/shared.yaml');
    expectEqual(
      accepted.findings.filter(({severity, code}) => severity === 'blocker' && code === 'iommu-group-shared'),
      [],
      'blockers about the group',
    );
    expectEqual(accepted.code, 0, 'the exit code of plan');
  },
};
