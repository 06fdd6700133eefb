import {expectEqual, expectTrue} from './expect.js';
import {promisesOf} from './host-state.js';

/** As GRUB's 20_linux_xen calls the first entry with Xen on Debian. */
export const xenEntry = 'Debian GNU/Linux, with Xen hypervisor';

/** What the running Xen was started with. */
export const hypervisorLineOf = (machine) => machine.run("xl info | sed -n 's/^xen_commandline *: //p'");

/** One function a line, with a blank behind it. */
export const assignableOf = async (machine) =>
  (await machine.run('xl pci-assignable-list'))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** The functions that a guest has, as Xen's store has them; the first column is where the guest sees each. */
export const guestFunctionsOf = async (machine, guest) =>
  (await machine.run(`xl pci-list ${guest}`))
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/)[1]);

/** Each vCPU of a domain with the CPUs that Xen lets it use, as Xen writes them. */
export const vcpusOf = async (machine, domain) =>
  (await machine.run(`xl vcpu-list ${domain}`))
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .map(([name, , vcpu, , , , hard]) => ({name, vcpu: Number(vcpu), hard}));

/** The pool of CPUs that a domain runs in: the last column. */
export const poolOf = async (machine, domain) => (await machine.run(`xl list -c ${domain}`)).trim().split(/\s+/).at(-1);

/** There are these pools of CPUs and no other, each with these CPUs. */
export const expectPools = async (machine, pools) =>
  expectEqual(
    (await machine.run('xl cpupool-list -c'))
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/).join(' '))
      .sort(),
    Object.entries(pools)
      .map(([name, cpus]) => `${name} ${[...cpus].sort((one, other) => one - other).join(',')}`)
      .sort(),
    'the pools of CPUs',
  );

/** Each of the guest's vCPUs has a CPU of its own of the card's node, and dom0 has none of them. */
export const expectPinned = async (machine, guest, {vcpus}) => {
  const {card, nodes} = machine.host;
  const {cpus: near} = nodes[card.node];
  const own = await vcpusOf(machine, guest);
  expectEqual(
    own.map(({name, vcpu}) => `${name} ${vcpu}`),
    Array.from({length: vcpus}, (_, vcpu) => `${guest} ${vcpu}`),
    'the vCPUs of the guest',
  );
  const taken = own.map(({hard}) => hard);
  expectTrue(
    taken.every((cpu) => near.map(String).includes(cpu)) && new Set(taken).size === vcpus,
    `the vCPUs may run on ${taken.join(' and ')}; the card is on node ${card.node} with the CPUs ${near}`,
  );
  const dom0 = (await vcpusOf(machine, 'Domain-0')).map(({hard}) => hard);
  const rest = nodes.flatMap(({cpus}) => cpus.map(String)).filter((cpu) => !taken.includes(cpu));
  expectTrue(
    dom0.length > 0 && dom0.every((cpu) => rest.includes(cpu)),
    `dom0 may run on ${dom0.join(', ')}, and the guest leaves ${rest}`,
  );
};

/** `verify` keeps every promise but those of these kinds. */
export const expectPromises = async (machine, broken = []) => {
  const {code, promises} = await promisesOf(machine);
  expectEqual(
    promises.filter(({status}) => status !== 'kept').map(({id, status}) => `${id} ${status}`),
    broken.map((id) => `${id} broken`),
    'promises that are not kept',
  );
  expectEqual(code, broken.length === 0 ? 0 : 3, 'the exit code of verify');
  expectTrue(promises.length >= 10, `only ${promises.length} promises were looked at`);
};
