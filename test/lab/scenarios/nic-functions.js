import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {haltingDomain, installRom} from '../guest/report.js';
import {driversOf, expectUnitBeforeGuests, filesOf, planOf, promisesOf} from '../host-state.js';

/** Two cards, as one gives its virtual functions either by number or to whoever comes. */
const [numbered, pooled] = [{mac: '52:54:00:82:57:60'}, {mac: '52:54:00:82:57:61'}];

const fixed = {guest: 'fixed', mac: '52:54:00:42:00:01', vlan: 42, pin: 1};
const takers = [
  {guest: 'first', mac: '52:54:00:43:00:01', vlan: 43, pin: 2},
  {guest: 'second', mac: '52:54:00:44:00:01', vlan: 44, pin: 3},
];
const guests = [fixed, ...takers];

const byNumber = ({address}, index) => `function: {of: {address: ${address}, id: 8086:10c9}, index: ${index}}`;
const anyOf = ({address}) => `anyFunction: {of: {address: ${address}, id: 8086:10c9}, count: 3}`;

const profileOf = ({guest, mac, vlan, pin}, device) => `version: 2
name: ${guest}
devices:
  - ${device}
    mac: ${mac}
    vlan: ${vlan}
cpu:
  vcpus: 1
  pins: [${pin}]
  emulator: [0]
  isolation: none
memory:
  size: 256 MiB
  hugepages: none
guest:
  name: ${guest}
  os: linux
`;

const write = (machine, file, text) => machine.run(`cat >${file} <<'END'\n${text}\nEND`);
const countOf = (machine, {address}) => machine.run(`cat /sys/bus/pci/devices/${address}/sriov_numvfs`);

/** Where the cards of the description are on this host, and what it calls them. */
const findCards = async (machine) => {
  const links = JSON.parse(await machine.run('ip -json link'));
  for (const card of [numbered, pooled]) {
    card.interface = links.find(({address}) => address === card.mac).ifname;
    card.address = await machine.run(`basename $(readlink /sys/class/net/${card.interface}/device)`);
  }
};

/** What the card was told of its virtual functions. */
const functionsOf = async (machine, card) => {
  const [{vfinfo_list: functions}] = JSON.parse(await machine.run(`ip -json link show dev ${card.interface}`));
  const links = await machine.run(
    `for n in $(seq 0 ${functions.length - 1}); do basename $(readlink /sys/bus/pci/devices/${card.address}/virtfn$n); done`,
  );
  return links.split('\n').map((address, index) => {
    const {address: mac, vlan_list: vlans = []} = functions.find(({vf}) => vf === index);
    return {address, mac, vlan: vlans[0]?.vlan ?? null};
  });
};

/** The function that the guest runs with, by the kernel's account: the one whose group QEMU holds. */
const heldBy = async (machine, guest) =>
  machine.run(
    `for g in $(ls -l /proc/$(cat /run/libvirt/qemu/${guest}.pid)/fd | sed -n 's,.*/dev/vfio/\\([0-9]\\+\\)$,\\1,p'); do ls /sys/kernel/iommu_groups/$g/devices; done`,
  );

const expectBlocker = async (machine, file, code, words) => {
  const plan = await planOf(machine, file);
  expectEqual(plan.code, 3, 'the exit code of plan');
  const messages = plan.findings.filter((one) => one.code === code).map(({message}) => message);
  expectMatch(messages.join(), words, 'the blocker');
};

const notKept = async (machine, guest) =>
  (await promisesOf(machine, `${guest}.yaml`)).promises.filter(({status}) => status !== 'kept').map(({id}) => id);

const apply = async (machine, guest, device) => {
  await write(machine, `${guest.guest}.yaml`, profileOf(guest, device));
  expectEqual((await planOf(machine, `${guest.guest}.yaml`)).code, 0, `the exit code of plan for ${guest.guest}`);
  await machine.run(`vfio-pilot apply ${guest.guest}.yaml --yes`, 600);
};

/** libvirt gives a guest a virtual function only while the card's own interface is up (libvirt: virNetDevSaveNetConfig). */
const configureCards = (machine) =>
  machine.run(
    "printf '[Match]\\nDriver=igb\\n\\n[Network]\\nLinkLocalAddressing=no\\nIPv6AcceptRA=no\\n' > /etc/systemd/network/20-cards.network && networkctl reload",
    60,
  );

export const nicFunctions = {
  name: 'nic-functions',
  isFast: false,
  title:
    'Two network cards with SR-IOV stay with the host; of one a guest has a virtual function by its number, of the other two guests any, with MAC address and VLAN',
  run: async (lab) => {
    const machine = await lab.installedHost({
      hardware: {networkCards: [numbered, pooled]},
      emulatorFrom: 'trixie',
    });
    await findCards(machine);
    await installRom(machine);
    for (const {guest} of guests) {
      await write(machine, `${guest}.xml`, haltingDomain(guest));
      await machine.run(`virsh define ${guest}.xml && virsh autostart ${guest}`, 60);
    }

    lab.say('the plan warns of a card whose interface is down');
    await write(machine, 'fixed.yaml', profileOf(fixed, byNumber(numbered, 1)));
    const warned = (await planOf(machine, 'fixed.yaml')).findings.filter(({code}) => code === 'vf-pf-is-down');
    expectEqual(
      warned.map(({subject}) => subject),
      [numbered.address],
      'the cards that are down',
    );
    await configureCards(machine);
    const before = await filesOf(machine);

    lab.say('apply for three guests, while there is no virtual function');
    for (const card of [numbered, pooled]) expectEqual(await countOf(machine, card), '0', 'the virtual functions');
    await apply(machine, fixed, byNumber(numbered, 1));
    for (const taker of takers) await apply(machine, taker, anyOf(pooled));
    await machine.reboot();

    lab.say('after the reboot they are there, and libvirt has started each guest with its own');
    expectEqual(await countOf(machine, numbered), '2', 'the virtual functions of the one card');
    expectEqual(await countOf(machine, pooled), '3', 'the virtual functions of the other card');
    for (const {guest} of guests) {
      expectEqual(await machine.run(`virsh domstate ${guest}`), 'running', `the guest ${guest}`);
      await expectUnitBeforeGuests(machine, `vfio-pilot-vfs-${guest}.service`);
    }
    expectEqual(
      (await driversOf(machine, [numbered.address, pooled.address])).join(),
      'igb,igb',
      'the drivers of the cards',
    );
    const [, second] = await functionsOf(machine, numbered);
    expectEqual(second, {address: second.address, mac: fixed.mac, vlan: fixed.vlan}, 'virtual function 1');
    expectEqual(await heldBy(machine, fixed.guest), second.address, 'what the guest runs with');
    const functions = await functionsOf(machine, pooled);
    for (const {guest, mac, vlan} of takers) {
      const held = await heldBy(machine, guest);
      expectEqual(
        functions.find(({address}) => address === held),
        {address: held, mac, vlan},
        `the virtual function of ${guest}`,
      );
    }
    const network = `vf-${pooled.interface}`;
    expectMatch(await machine.run(`virsh net-info ${network}`), /Active: +yes[^]*Autostart: +yes/, 'the network');
    expectMatch(await machine.run(`virsh net-dumpxml ${network}`), /<network connections='2'>/, 'the network');
    for (const {guest} of guests) {
      expectEqual(await notKept(machine, guest), [], `promises of ${guest} that are not kept`);
      expectEqual(
        (await planOf(machine, `${guest}.yaml`)).changes.length,
        0,
        `the changes of a second plan for ${guest}`,
      );
    }
    expectEqual((await promisesOf(machine)).code, 0, 'the exit code of verify');

    lab.say('another count is refused while a guest has one, and so is a number on the card of the network');
    const applied = await filesOf(machine);
    await write(machine, 'more.yaml', profileOf({...fixed, guest: 'more'}, byNumber(numbered, 6)));
    await expectBlocker(machine, 'more.yaml', 'vf-in-use', /in use by the guest fixed/);
    expectEqual((await machine.tryRun('vfio-pilot apply more.yaml --yes', 120)).code, 3, 'the exit code of apply');
    await write(machine, 'mixed.yaml', profileOf({...fixed, guest: 'mixed'}, byNumber(pooled, 0)));
    await expectBlocker(machine, 'mixed.yaml', 'vf-pool-mixed', /any free virtual function/);
    expectSameLines(await filesOf(machine), applied, 'the files in /etc and /boot');

    lab.say(
      'while the interface of the card is down, libvirt starts no guest with a function of it, and verify says so',
    );
    await machine.run(`virsh destroy fixed && ip link set dev ${numbered.interface} down`, 60);
    const start = await machine.tryRun('virsh start fixed', 120);
    expectTrue(start.code !== 0, 'the guest was started with the interface down');
    expectMatch(start.output, /not online/, 'why it was not started');
    expectEqual(await notKept(machine, 'fixed'), ['vf-interface'], 'promises of fixed that are not kept');
    await machine.run(`ip link set dev ${numbered.interface} up && virsh start fixed`, 120);

    lab.say(
      'rollback, the last one first; the network goes with the run that made it, once no guest has a function of it',
    );
    await machine.run('virsh destroy second', 60);
    await machine.run('vfio-pilot rollback --yes', 600);
    const refused = await machine.tryRun('vfio-pilot rollback --yes', 120);
    expectTrue(refused.code !== 0, 'rollback went through while the guest ran');
    expectMatch(refused.output, /The guest first has a virtual function/, 'the refusal');
    await machine.run('virsh destroy first; virsh destroy fixed', 60);
    for (const _ of [takers[0], fixed]) await machine.run('vfio-pilot rollback --yes', 600);
    expectSameLines(await filesOf(machine), before, 'the files in /etc and /boot');
    expectTrue(!(await machine.run('virsh net-list --all --name')).includes(network), 'the network is still there');
    await machine.reboot();
    for (const card of [numbered, pooled]) expectEqual(await countOf(machine, card), '0', 'the virtual functions');
  },
};
