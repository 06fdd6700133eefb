import {expectEqual, expectMatch, expectTrue} from '../expect.js';
import {makeProfile, planOf} from '../host-state.js';
import {guestCard} from '../machine/host.js';
import {installRom, loaderXml, reportOf, serialXml, signatureOf} from '../guest/report.js';
import {expectPlaced} from '../placed-guest.js';

const vendorId = 'lab-vendor';
const wanted = {vcpus: 2, memoryMiB: 256};

const ownDomain = `<domain type='kvm'>
  <name>report</name>
  <memory unit='MiB'>256</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type>${loaderXml}</os>
  <features><acpi/><apic/></features>
  <devices>${serialXml}<memballoon model='none'/></devices>
</domain>`;

const hypervisorBit = 0x80000000;

export const kvmGuest = {
  name: 'kvm-guest',
  isFast: false,
  title:
    "A guest of the user's own runs under KVM with its card, and its CPUID shows what the profile asked for; an edit of it outlives the rollback",
  run: async (lab) => {
    const machine = await lab.installedHost();
    await installRom(machine);
    await machine.run(`cat >report.xml <<'XML'\n${ownDomain}\nXML\nvirsh define report.xml`, 60);

    lab.say('as the user made it, KVM shows itself');
    const [plain] = await reportOf(machine, {start: 'virsh start report', name: 'report', cpus: 2});
    expectEqual(signatureOf(plain['40000000:0']), 'KVMKVMKVM', 'the first hypervisor leaf');

    lab.say('apply with Error 43 hiding and a vendor id; reboot');
    await makeProfile(machine, guestCard, {guest: 'report', os: 'windows-10', ...wanted});
    await machine.run(
      `sed -i '/hideHypervisor:/d; /hypervVendorId:/d; /^ *domain:/d; s/^guest:.*/&\\n  domain: existing\\n  hideHypervisor: yes\\n  hypervVendorId: ${vendorId}/' lab.yaml`,
    );
    expectEqual((await planOf(machine, 'lab.yaml')).code, 0, 'the exit code of plan');
    await machine.run('vfio-pilot apply lab.yaml --yes', 600);
    await machine.reboot();
    expectMatch(await machine.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify');

    lab.say('the guest runs; seen from inside: the vendor id, Hyper-V features and no KVM');
    const look = async () => {
      expectMatch(await machine.run('virsh qemu-monitor-command --hmp report "info kvm"'), /enabled/, 'KVM');
      await expectPlaced(machine, 'report', wanted);
    };
    const reports = await reportOf(machine, {start: 'virsh start report', name: 'report', cpus: 2, look});
    expectEqual(reports.length, 2, 'the CPUs that told their leaves');
    for (const report of reports) {
      expectEqual(signatureOf(report['40000000:0']), vendorId, 'the first hypervisor leaf');
      expectEqual(
        Buffer.from(Uint32Array.of(report['40000001:0'][0]).buffer).toString('latin1'),
        'Hv#1',
        'the interface that the hypervisor tells',
      );
      expectTrue(!signatureOf(report['40000100:0']).includes('KVM'), 'KVM shows itself in leaf 40000100');
      expectTrue(
        (report['1:0'][2] & hypervisorBit) !== 0,
        'the guest does not see that it runs under a hypervisor, although Hyper-V features are on',
      );
    }

    lab.say(
      'the user edits the guest; a rollback refuses, and with --keep-edits the guest loses the card and keeps the edit',
    );
    await machine.run(
      `virsh desc report --config edited && echo "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>" >rng.xml && virsh attach-device report rng.xml --config`,
      60,
    );
    expectMatch(
      await machine.run('vfio-pilot rollback --yes 2>&1 || true', 150),
      /report\.xml was edited since/,
      'the refusal',
    );
    const told = await machine.run('vfio-pilot rollback --keep-edits --yes', 600);
    expectMatch(
      told,
      /take what was applied from \/etc\/libvirt\/qemu\/report\.xml, and keep what was edited since/,
      'rollback',
    );
    const left = await machine.run('virsh dumpxml --inactive report');
    expectMatch(left, /<description>edited<\/description>[\s\S]*<rng model='virtio'>/, 'the edit');
    expectTrue(!/<hostdev|vendor_id|<cputune>|<hugepages/.test(left), `something of what was applied is left: ${left}`);
  },
};
