import {describe, expect, it} from 'vitest';
import type {Tools} from '../../src/artifacts/ports.ts';
import {definitionPath} from '../../src/devices/mediated-device/definition.ts';
import {liveSlices, liveSlicesProbe, whySliceInUse} from '../../src/devices/mediated-device/live-slices.ts';
import type {Machine} from '../../src/system/machine.ts';
import {sampleFacts} from '../support/sample-facts.ts';

const uuid = '11111111-2222-4333-8444-000000000001';
const live = `/sys/bus/mdev/devices/${uuid}`;
const definition = definitionPath('mbochs', uuid);
const running = `<domstatus><domain><name>win10</name><hostdev type='mdev'><address uuid='${uuid.toUpperCase()}'/></hostdev></domain></domstatus>`;

/** Only what is looked at: files by path; a directory is there where something is below it. */
const machineOf = (files: Readonly<Record<string, string>>): Machine =>
  ({
    stat: (path: string) =>
      Object.keys(files).some((one) => one === path || one.startsWith(`${path}/`)) ? {type: 'file'} : null,
    list: (directory: string) =>
      Object.keys(files).flatMap((path) =>
        path.startsWith(`${directory}/`) ? [path.slice(directory.length + 1)] : [],
      ),
    read: (path: string) => Buffer.from(files[path] ?? ''),
  }) as unknown as Machine;

const undone = async (files: Readonly<Record<string, string>>, fails = false) => {
  const ran: string[] = [];
  const warned: string[] = [];
  const tools = {
    machine: machineOf(files),
    run: async (argv: readonly string[]) => {
      ran.push(argv.join(' '));
      if (fails) throw new Error('it took longer than 20 seconds');
      return {state: 'ended'};
    },
    warn: (message: string) => warned.push(message),
    writePrivate: (path: string, bytes: Uint8Array) =>
      ran.push(`write ${path}: ${Buffer.from(bytes).toString().split('\n').at(-2)}`),
    remove: (path: string) => ran.push(`remove ${path}`),
  } as unknown as Tools;
  await liveSlicesProbe.checkUndone(tools, liveSlices(sampleFacts(), [{parent: 'mbochs', uuid}]));
  return {ran, warned};
};

describe('a slice whose definition was rolled back', () => {
  it('goes with it', async () => {
    expect(await undone({[`${live}/remove`]: ''})).toEqual({
      ran: [
        'write /var/lib/vfio-pilot/remove-slice: echo 1 > "$1/remove"',
        `/bin/sh /var/lib/vfio-pilot/remove-slice ${live}`,
        'remove /var/lib/vfio-pilot/remove-slice',
      ],
      warned: [],
    });
  });

  it('is nothing to do where it is not there, or where a definition of before has it', async () => {
    expect(await undone({})).toEqual({ran: [], warned: []});
    expect(await undone({[`${live}/remove`]: '', [definition]: '{}'})).toEqual({ran: [], warned: []});
  });

  it('failure mode 62: stays where a guest has it, as the kernel would wait for the guest', async () => {
    const {ran, warned} = await undone({[`${live}/remove`]: '', '/run/libvirt/qemu/win10.xml': running});
    expect(ran).toEqual([]);
    expect(warned).toEqual([expect.stringContaining('The guest win10 has the mediated device')]);
  });

  it('is only told of where it cannot be taken away', async () => {
    const {warned} = await undone({[`${live}/remove`]: ''}, true);
    expect(warned).toEqual([expect.stringContaining('could not be taken away')]);
  });

  it('of which somebody else is the owner is never touched', () => {
    const facts = sampleFacts(undefined, {
      mediated: {parents: [], devices: [{uuid, parent: 'mbochs', type: 'mbochs-small'}], autostart: null},
    });
    expect(liveSlices(facts, [{parent: 'mbochs', uuid}]).slices).toEqual([]);
  });
});

describe('failure mode 62: a rollback while a guest has the slice', () => {
  it('is refused with the name of the guest', () => {
    const machine = machineOf({'/run/libvirt/qemu/win10.xml': running});
    expect(whySliceInUse(machine, ['/etc/fstab', definition], [])).toMatchObject({
      problem: expect.stringContaining(`The guest win10 has the mediated device ${uuid}`),
      nextStep: expect.stringContaining('virsh shutdown win10'),
    });
    expect(whySliceInUse(machine, ['/etc/fstab'], [])).toBeNull();
    expect(whySliceInUse(machineOf({'/run/libvirt/qemu/other.xml': '<domstatus/>'}), [definition], [])).toBeNull();
  });
});
