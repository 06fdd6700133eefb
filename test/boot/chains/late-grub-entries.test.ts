import {recover} from '../../../src/hosts/recover.ts';
import {rollback} from '../../../src/hosts/transactions.ts';
import {appendFileSync, existsSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {readLaterKernels} from '../../../src/hosts/later-kernels.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {failingMachine} from '../../support/failing-machine.ts';
import type {Machine, Program} from '../../../src/system/machine.ts';
import {realMachine} from '../../../src/system/real-machine.ts';
import {openSource} from '../../../src/system/source.ts';
import {readHistory} from '../../../src/transaction/history.ts';
import {type RollbackResult} from '../../../src/transaction/rollback.ts';
import {makeTree} from '../../support/make-tree.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {bySize} from '../../support/sizes.ts';
import {never, silent} from '../../transaction/scenario.ts';
import {put, snapshot} from '../../transaction/scratch-root.ts';
import {applySample} from './chain-scenario.ts';
import {fedora} from './chain-trees.ts';
import {standIns} from './stand-ins.ts';

const [oldest, newest, later] = ['6.11.4-301.fc41.x86_64', '6.12.5-200.fc41.x86_64', '6.13.1-200.fc41.x86_64'] as const;
const entryOf = (release: string): string => `/boot/loader/entries/0123-${release}.conf`;
const imageOf = (release: string): string => `/boot/initramfs-${release}.img`;
const foreign = 'root=UUID=1-2 ro rootflags=subvol=root  rhgb quiet';
const added = 'intel_iommu=on hugepagesz=2M hugepages=0:6144,1:0';
const entryText = (release: string, options: string): string =>
  `title Fedora Linux (${release})\nversion ${release}\nlinux /vmlinuz-${release}\ninitrd /initramfs-${release}.img\noptions ${options}\ngrub_class fedora\n`;
const text = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');
const plan = samplePlan({initramfs: 'dracut'});

/** Most of an image is the same with our files and without. */
const dracut: Program = (argv, machine, run) => {
  const result = standIns['dracut']!(argv, machine, run);
  appendFileSync(join(machine.root, argv.at(-2) ?? ''), 'busybox\n'.repeat(100));
  return result;
};
const programs = {...standIns, dracut};

/** Applied; then the packages add a kernel, with the arguments of the running one, and take the oldest away. */
const liveOn = async (options = `${foreign} ${added}`): Promise<{readonly root: string; readonly machine: Machine}> => {
  const root = makeTree(fedora);
  await applySample(root, programs);
  put(root, `/boot/vmlinuz-${later}`, '');
  put(root, imageOf(later), text(root, imageOf(newest)));
  put(root, entryOf(later), entryText(later, options));
  for (const path of [`/boot/vmlinuz-${oldest}`, imageOf(oldest), entryOf(oldest)]) rmSync(join(root, path));
  return {root, machine: realMachine(root, programs)};
};

const since = (root: string, machine: Machine) =>
  readLaterKernels(machine, readHost(openSource(root, null)), plan, readHistory(machine)[0]!);
const takeBack = (root: string, machine: Machine, on = machine): Promise<RollbackResult> =>
  rollback(on, since(root, machine).request, silent, never);

describe('kernels of Fedora that came and went between apply and rollback', () => {
  it('are no obstacle: the entry of the new one loses the arguments and its image our files, that of the old one stays away', async () => {
    const {root, machine} = await liveOn();
    expect(text(root, entryOf(newest))).toContain(added);
    expect(text(root, imageOf(later))).toContain('00-vfio-pilot');
    const {paths} = await takeBack(root, machine);
    expect(text(root, entryOf(later))).toBe(entryText(later, foreign));
    expect(text(root, imageOf(later))).not.toContain('00-vfio-pilot');
    expect(text(root, entryOf(newest))).toBe(fedora[entryOf(newest) as keyof typeof fedora]);
    expect(existsSync(join(root, entryOf(oldest)))).toBe(false);
    expect(paths).not.toContain(entryOf(oldest));
    expect(since(root, machine)).toMatchObject({request: {texts: []}, left: []});
  });

  it('are finished by the recovery, wherever the rollback was cut off', async () => {
    const sound = await liveOn();
    await takeBack(sound.root, sound.machine);
    const wanted = snapshot(sound.root);
    let isCut = true;
    for (let failAt = 1; isCut; failAt += bySize(70, 12, 1)) {
      const {root, machine} = await liveOn();
      const cut = failingMachine({...machine, self: {...machine.self, pid: 999_999_999}}, {failAt, crash: true});
      isCut = await takeBack(root, machine, cut).then(
        () => false,
        () => true,
      );
      await recover(machine, {}, silent);
      // Cut off before it began, it was not asked for by anybody who is still there.
      if (text(root, entryOf(later)).includes(added)) await takeBack(root, machine);
      expect(snapshot(root)).toEqual(wanted);
    }
  });

  it('keep an entry of which only a part was ours, and say so', async () => {
    const {root, machine} = await liveOn(`${foreign} intel_iommu=on`);
    expect(since(root, machine)).toMatchObject({request: {texts: []}, left: [{file: {path: entryOf(later)}}]});
    await takeBack(root, machine);
    expect(text(root, entryOf(later))).toBe(entryText(later, `${foreign} intel_iommu=on`));
  });

  it('keep an entry that has nothing of our own', async () => {
    const {root, machine} = await liveOn(foreign);
    expect(since(root, machine)).toMatchObject({request: {texts: []}, left: []});
  });

  it('do not excuse an entry whose kernel is still there', async () => {
    const {root, machine} = await liveOn();
    put(root, `/boot/vmlinuz-${oldest}`, '');
    await expect(takeBack(root, machine)).rejects.toThrow(`${entryOf(oldest)} was edited since`);
    expect(text(root, entryOf(later))).toContain(added);
  });

  it('are looked at again when an entry changes between the look and the rollback', async () => {
    const {root, machine} = await liveOn();
    const {request} = since(root, machine);
    put(root, entryOf(later), entryText(later, `${foreign} ${added} debug`));
    await expect(rollback(machine, request, silent, never)).rejects.toThrow(`${entryOf(later)} changes just now`);
    expect(text(root, entryOf(newest))).toContain(added);
  });
});
