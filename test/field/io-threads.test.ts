import {describe, expect, it} from 'vitest';
import {domainXml, planKnownGuest} from '../support/known-guest.ts';

const disk = (driver: string, bus = 'virtio', more = ''): string =>
  `<disk type='file' device='disk'><driver name='qemu' type='qcow2'${driver}<source file='/g.qcow2'/><target dev='da' bus='${bus}'/>${more}</disk>`;
const listed =
  "<iothreads>4</iothreads><iothreadids><iothread id='1'/><iothread id='2'/><iothread id='5'/><iothread id='7'/></iothreadids>";
const threads = (result: ReturnType<typeof planKnownGuest>): readonly number[] =>
  result.plan.pinning.iothreads.map(({iothread}) => iothread);
const decision = ({plan}: ReturnType<typeof planKnownGuest>): string | undefined => {
  const found = plan.decisions.find(({subject}) => subject === 'cpu.iothreads');
  return found && `${found.choice}: ${found.because}`;
};

describe('the I/O threads of a guest that exists', () => {
  it('are those that its disks run in: thread 5 is pinned, and thread 1 is not', () => {
    const result = planKnownGuest(domainXml({threads: listed, devices: disk(" iothread='5'/>")}));

    expect(threads(result)).toEqual([5]);
    expect(result.xml).toMatch(/<iothreadpin iothread='5'/);
    expect(result.xml).not.toMatch(/<iothreadpin iothread='1'/);
    expect(decision(result)).toMatch(/^I\/O thread 5 on .*disks run in it already/);
  });

  it('are all pinned where its disks run in several, also those that one disk has for its queues', () => {
    const queues = "><iothreads><iothread id='2'/><iothread id='7'/></iothreads></driver>";
    const result = planKnownGuest(domainXml({threads: listed, devices: disk(queues) + disk(" iothread='5'/>")}));

    expect(threads(result)).toEqual([2, 5, 7]);
    expect(decision(result)).toMatch(/^I\/O threads 2, 5, 7 on .*disks run in them already/);
  });

  it('get the CPUs that the profile names, in turn', () => {
    const devices = disk(" iothread='5'/>") + disk(" iothread='7'/>");
    const {plan} = planKnownGuest(domainXml({threads: listed, devices}), {cpu: {iothreads: [8]}});

    expect(plan.pinning.iothreads).toEqual([
      {iothread: 5, cpus: [8]},
      {iothread: 7, cpus: [8]},
    ]);
  });

  it('are given to its virtio disk where that has none, so that the decision is true', () => {
    const result = planKnownGuest(domainXml({devices: disk('/>')}));

    expect(threads(result)).toEqual([1]);
    expect(result.xml).toMatch(/<driver name='qemu' type='qcow2' iothread='1'\/>/);
    expect(planKnownGuest(result.xml ?? '').xml).toBe(result.xml);
  });

  it('are given to the controller of virtio-scsi disks', () => {
    const devices = `${disk('/>', 'scsi')}<controller type='scsi' index='0' model='virtio-scsi'/>`;
    const {xml} = planKnownGuest(domainXml({devices}));

    expect(xml).toMatch(/model='virtio-scsi'>\s*<driver iothread='1'\/>\s*<\/controller>/);
    expect(xml).not.toMatch(/type='qcow2' iothread/);
  });

  it('are one that is there and free before a new one is made', () => {
    const ids = "<iothreads>1</iothreads><iothreadids><iothread id='3'/></iothreadids>";
    const result = planKnownGuest(domainXml({threads: ids, devices: disk('/>')}));

    expect(threads(result)).toEqual([3]);
    expect(result.xml).toMatch(/<iothreads>1<\/iothreads>/);
    expect(result.xml).toMatch(/type='qcow2' iothread='3'/);
  });

  it.each([
    ['a SATA disk', disk('/>', 'sata')],
    ['a disk that another process serves', disk('/>').replace("type='file'", "type='vhostuser'")],
    ['no disk', ''],
  ])('are not made for a guest with %s', (_what, devices) => {
    const result = planKnownGuest(domainXml({devices}));

    expect(threads(result)).toEqual([]);
    expect(decision(result)).toMatch(/^none: .*virtio/);
    expect(result.xml).not.toMatch(/iothread/);
  });

  it('say so when the profile asks for them and no disk can use them', () => {
    const {findings, plan} = planKnownGuest(domainXml({devices: disk('/>', 'sata')}), {cpu: {iothreads: [8]}});

    expect(plan.pinning.iothreads).toEqual([]);
    expect(findings).toContainEqual(
      expect.objectContaining({code: 'guest-option-unsupported', subject: 'cpu.iothreads', severity: 'note'}),
    );
  });
});
