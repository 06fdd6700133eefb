import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {driversOf, expectKept, filesOf} from '../host-state.js';
import {hostCard} from '../machine/host.js';

const limitSeconds = 30;
const desktop = 'lab-desktop.service';
const node = `/dev/dri/by-path/pci-${hostCard}-card`;
const binds = '/root/binds.log';

/** In place of a display manager and its session: it has the card open as long as it runs, and is ready once it has. */
const desktopUnit = `[Unit]
Description=A desktop, as the lab has one

[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c 'while [ ! -e ${node} ]; do sleep 0.2; done; exec 3<>${node}; systemd-notify --ready; exec sleep infinity'

[Install]
Alias=display-manager.service
`;

/** Without a size of its disk: nobody makes one, so the first start fails. */
const profile = `version: 1
name: lab
devices:
  - address: ${hostCard}
binding: handover
cpu:
  vcpus: 2
  isolation: none
memory:
  size: 256 MiB
  hugepages: none
guest:
  name: lab
  os: linux
  firmware: bios
`;

const disk = '/var/lib/libvirt/images/lab.qcow2';
const makeDisk = `qemu-img create -q -f qcow2 ${disk} 64M`;

/** As `virsh edit` would let a user do it: an argument that QEMU does not know. */
const withWrongArgument = (xml) =>
  xml
    .replace("<domain type='kvm'", "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'")
    .replace('</domain>', "<qemu:commandline><qemu:arg value='-no-such-argument'/></qemu:commandline></domain>");

/** Seconds of the machine's own clock, which runs as the one on the wall. */
const uptimeOf = async (machine) => Number((await machine.run('cut -d" " -f1 /proc/uptime')).trim());

const activeSince = async (machine) => {
  const text = await machine.run(`systemctl show -p ActiveState -p ActiveEnterTimestampMonotonic --value ${desktop}`);
  const [state, microseconds] = text.split('\n').sort().toReversed();
  return {state, seconds: Number(microseconds) / 1e6};
};

/** When the kernel took a driver off the card and gave it one, since `began`: what it told udev. */
const bindsSince = async (machine, began) =>
  [...(await machine.run(`cat ${binds}`)).matchAll(/KERNEL\[([\d.]+)\] (bind|unbind) +(\S+)/g)]
    .filter(([, , , path]) => path.endsWith(`/${hostCard}`))
    .map(([, seconds, what]) => ({seconds: Number(seconds), what}))
    .filter(({seconds}) => seconds >= began);

/** The desktop is there again once it has the card open, and the text console once it draws. */
const waitForDesktop = (machine, before) =>
  machine.run(
    `(for i in $(seq 300); do [ "$(systemctl is-active ${desktop})" = active ] && [ "$(systemctl show -p ActiveEnterTimestampMonotonic --value ${desktop})" != ${Math.round(before.seconds * 1e6)} ] && exit 0; sleep 0.2; done; systemctl status ${desktop} --no-pager; exit 1)`,
    120,
  );

const consoleOf = (machine) =>
  machine.run(
    'for c in /sys/class/vtconsole/vtcon*; do echo "$(cat $c/name): $(cat $c/bind)"; done; readlink -f /sys/class/graphics/fb*/device | xargs -n 1 basename | sort',
  );

const hookLines = async (machine, sinceMs) =>
  JSON.parse(await machine.run('vfio-pilot guest log lab --json', 60)).hooks.filter(
    ({time}) => Date.parse(time) >= sinceMs,
  );

/** What the hook and the kernel did since then, for a person to read. */
const tellSteps = async (lab, machine, {what, began, sinceMs}) => {
  const hooks = await hookLines(machine, sinceMs);
  for (const {time, text} of hooks) lab.say(`   ${time}  ${text}`);
  const events = await bindsSince(machine, began);
  lab.say(`   the card: ${events.map((event) => `${event.what} +${(event.seconds - began).toFixed(1)} s`).join(', ')}`);
  const timeOf = (pattern) => Date.parse(hooks.find(({text}) => pattern.test(text))?.time ?? '');
  const [taking, taken, giving, given] = [
    /^the guest starts/,
    /has given up/,
    /takes .* back$/,
    /^the host has what/,
  ].map(timeOf);
  expectTrue(given >= giving && giving >= taking, `${what}: the hook did not say all that it does`);
  const seconds = (from, to) => (Number.isNaN(to) ? 'did not' : `took ${((to - from) / 1000).toFixed(1)} s to`);
  lab.say(`   the hook ${seconds(taking, taken)} give the card up, and ${seconds(giving, given)} take it back`);
  return events;
};

/**
 * Runs a command that starts the guest; where it is to succeed, the guest is ended then. Until the host has card, desktop
 * and text console again there is a limit, counted from that command or from the end of the guest. `isTaken`: the card has
 * left its driver meanwhile. Returns what the command said.
 */
const lendOnce = async (lab, machine, {what, start, isStarted = false, isTaken}) => {
  const consoles = await consoleOf(machine);
  const {driver} = machine.host.others.find(({address}) => address === hostCard);
  const before = await activeSince(machine);
  const sinceMs = Number(await machine.run('date +%s%3N'));
  const began = await uptimeOf(machine);
  const {code, output} = await machine.tryRun(start, 200);
  const answered = await uptimeOf(machine);
  expectEqual(code === 0, isStarted, `whether \`${start}\` succeeded (${output})`);
  if (isStarted) {
    expectEqual(await driversOf(machine, [hostCard]), ['vfio-pci'], 'the driver of the card while the guest has it');
    expectEqual((await activeSince(machine)).state, 'inactive', 'the desktop while the guest has the card');
    await expectKept(machine);
  }
  const since = isStarted ? await uptimeOf(machine) : began;
  if (isStarted) await machine.run('virsh destroy lab', 120);
  await waitForDesktop(machine, before);
  const back = await activeSince(machine);
  expectEqual(await driversOf(machine, [hostCard]), [driver], 'the driver of the card');
  const events = await tellSteps(lab, machine, {what, began, sinceMs});
  expectEqual(await consoleOf(machine), consoles, 'the text consoles');
  expectEqual(
    events.some((event) => event.what === 'unbind'),
    isTaken,
    `${what}: whether the card left its driver`,
  );
  const wait = Math.max(back.seconds, ...events.map(({seconds}) => seconds)) - since;
  lab.say(
    `   ${what}: the desktop has the card ${wait.toFixed(1)} s after ${isStarted ? 'the end of the guest' : `the start was typed, which answered after ${(answered - began).toFixed(1)} s`}`,
  );
  lab.figure(
    `${what}: the desktop is back`,
    `within ${limitSeconds} s`,
    wait <= limitSeconds ? `within ${limitSeconds} s` : `after ${wait.toFixed(1)} s`,
  );
  return output;
};

export const handoverFailure = {
  name: 'handover-failure',
  isFast: false,
  title: "The host's own card is lent: after each start that fails, and each end, the desktop has it back within 30 s",
  run: async (lab) => {
    const machine = await lab.installedHost();
    await machine.run(
      `cat >/etc/systemd/system/${desktop} <<'END'\n${desktopUnit}END\nsystemctl enable --now ${desktop}`,
      120,
    );
    await machine.run(`cat >lab.yaml <<'END'\n${profile}END`);
    const before = await filesOf(machine);

    lab.say('apply: a hook and a guest, and no reboot');
    expectEqual((await machine.tryRun('vfio-pilot plan lab.yaml --exit-code', 60)).code, 10, 'the exit code of plan');
    const applied = await machine.run('vfio-pilot apply lab.yaml --yes', 600);
    expectMatch(applied, /^Applied as \S+\nNo reboot is needed\.$/m, 'what apply says');
    await machine.run(`(udevadm monitor --kernel --subsystem-match=pci >${binds} 2>&1 &)`);

    lab.say('the disk is not there');
    const missing = await lendOnce(lab, machine, {what: 'no disk', start: 'virsh start lab', isTaken: true});
    expectMatch(missing, /lab\.qcow2/, 'what virsh says');
    await machine.run(makeDisk, 60);

    lab.say('QEMU does not know an argument, and ends after libvirt has given it the card');
    const xml = withWrongArgument(await machine.run('virsh dumpxml --inactive lab', 60));
    await machine.run(`cat >wrong.xml <<'XML'\n${xml}\nXML`);
    await lendOnce(lab, machine, {what: 'wrong argument', start: 'virsh create wrong.xml', isTaken: true});
    expectMatch(await machine.run('vfio-pilot guest log lab', 60), /-no-such-argument: invalid option/, 'guest log');

    lab.say('a program that stays has the card open, and the hook refuses');
    await machine.run(`(sh -c 'echo $$ >/root/holder; exec sleep infinity 3<>${node}' &)`);
    const refused = await lendOnce(lab, machine, {what: 'card in use', start: 'virsh start lab', isTaken: false});
    expectMatch(refused, /still in use by sleep\[\d+\]/, 'what virsh says');
    await machine.run('kill $(cat /root/holder)');

    lab.say('the guest starts, and has the card until it ends');
    await lendOnce(lab, machine, {
      what: 'a guest that ran',
      start: 'virsh start --paused lab',
      isStarted: true,
      isTaken: true,
    });

    lab.say('rollback');
    expectMatch(await machine.run('vfio-pilot rollback --yes', 300), /^No reboot is needed\.$/m, 'what rollback says');
    expectSameLines(await filesOf(machine), before, 'the files in /etc and /boot');
  },
};
