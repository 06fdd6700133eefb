import {recover} from '../../src/hosts/recover.ts';
import {applyChanges} from '../../src/hosts/transactions.ts';
import {describe, expect, it} from 'vitest';
import {TransactionError} from '../../src/errors.ts';
import {failingMachine, type Failure} from '../support/failing-machine.ts';
import {interceptMachine} from '../support/intercept-machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {readHistory} from '../../src/transaction/history.ts';
import {fileChange, fillHost, hostChanges, ids, never, programs, request, silent} from './scenario.ts';
import {put, snapshot, text, withRoot} from './scratch-root.ts';
import {bySize, strideOf} from '../support/sizes.ts';

const errorOf = async (act: () => Promise<unknown>): Promise<unknown> => {
  try {
    await act();
    return null;
  } catch (error) {
    return error;
  }
};

/** Applies with the failure. Where it ended that, the tree is the old one; `isReached` is false where there are fewer calls. */
const failAt = (failure: Failure): Promise<{readonly isReached: boolean; readonly isHit: boolean}> =>
  withRoot(async (root) => {
    fillHost(root);
    const before = snapshot(root);
    const sound = realMachine(root, programs);
    const machine = failingMachine(sound, failure);
    const error = await errorOf(() => applyChanges(machine, request(hostChanges(sound)), silent, never));
    const isReached = machine.mutations() >= failure.failAt;
    if (error === null) return {isReached, isHit: false};
    if (error instanceof TransactionError)
      expect(error.isRestored, `call ${failure.failAt}: ${error.message}`).toBe(true);
    expect(snapshot(root), `call ${failure.failAt}`).toEqual(before);
    expect(error instanceof Error ? `${error.name}: ${error.message}` : '', `call ${failure.failAt}`).toMatch(
      /(\/|Error: run ).*\(E[A-Z]+\)/u,
    );
    await recover(sound, {}, silent);
    expect(snapshot(root), `call ${failure.failAt}`).toEqual(before);
    return {isReached, isHit: true};
  });

const stride = strideOf(40, 8);

describe('a failing call', () => {
  it.each(['ENOSPC', 'EIO', 'EROFS'])(
    'of %s at any place restores the tree and is reported with its path',
    async (error) => {
      let hits = 0;
      for (let call = 1; ; call += stride) {
        const {isReached, isHit} = await failAt({failAt: call, error});
        if (!isReached) break;
        hits += isHit ? 1 : 0;
      }
      expect(hits * stride).toBeGreaterThan(150);
    },
  );

  it('that fails for ever after never ends in success, and recovery restores the tree once it works again', async () => {
    for (let call = 1; call < 170; call += bySize(56, 8, 1)) {
      await withRoot(async (root) => {
        fillHost(root);
        const before = snapshot(root);
        const sound = realMachine(root, programs);
        const machine = failingMachine(sound, {failAt: call, error: 'ENOSPC', isLasting: true});
        const error = await errorOf(() => applyChanges(machine, request(hostChanges(sound)), silent, never));
        const isTold = error instanceof TransactionError && !error.isRestored;
        // The lock of this living process could not be removed either: a later process finds it stale.
        await recover({...sound, startTimeOf: () => null}, {}, silent);
        // Only the lock could not be given back: that is no failure.
        const isApplied = error === null && readHistory(sound)[0]?.state === 'applied';
        expect(isApplied ? before : snapshot(root), `call ${call}, told ${isTold}`).toEqual(before);
      });
    }
  });

  it('is in the history as failed, with its reason', () =>
    withRoot(async (root) => {
      fillHost(root);
      let calls = 0;
      const machine = realMachine(root, {
        ...programs,
        'update-initramfs': () => ({exitCode: (calls += 1) === 1 ? 1 : 0, stdout: 'no space\n'}),
      });
      const error = await errorOf(() => applyChanges(machine, request(hostChanges(machine)), silent, never));
      expect(error).toMatchObject({
        name: 'TransactionError',
        isRestored: true,
        step: 'run',
        message: expect.stringContaining('no space'),
      });
      expect(calls).toBe(2);
      expect(readHistory(machine)).toMatchObject([
        {id: ids[0], state: 'failed', failure: expect.stringContaining('update-initramfs')},
      ]);
    }));

  it('of a command and of its undo is not called restored, and can be accepted', () =>
    withRoot(async (root) => {
      fillHost(root);
      const machine = realMachine(root, {...programs, 'update-initramfs': () => ({exitCode: 1})});
      const before = snapshot(root);
      const error = await errorOf(() => applyChanges(machine, request(hostChanges(machine)), silent, never));
      expect(error).toMatchObject({
        isRestored: false,
        nextStep: expect.stringContaining('/var/lib/vfio-pilot/journal'),
      });
      expect(snapshot(root)).toEqual(before);
      await expect(recover(machine, {}, silent)).rejects.toMatchObject({isRestored: false});
      await expect(recover(machine, {acceptPresent: true}, silent)).resolves.toMatchObject([{did: 'rolled-back'}]);
      await expect(recover(machine, {}, silent)).resolves.toEqual([]);
    }));
});

describe('a write that takes fewer bytes than given', () => {
  it.each([1, 7])('%i at a time ends in the whole file', (bytes) =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      const sound = realMachine(root);
      const machine = interceptMachine(sound, {
        onRead: silent,
        onMutation: (call) => (call.name === 'write' && call.path.startsWith('/etc/') ? bytes : null),
      });
      const content = 'new content '.repeat(40);
      await applyChanges(machine, request([fileChange(sound, '/etc/a', content)]), silent, never);
      expect(text(root, '/etc/a')).toBe(content);
    }),
  );

  it('and then none at all is an error, not a shorter file', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      const sound = realMachine(root);
      let calls = 0;
      const machine = interceptMachine(sound, {
        onRead: silent,
        onMutation: (call) =>
          call.name === 'write' && call.path.startsWith('/etc/') ? ((calls += 1) === 1 ? 3 : 0) : null,
      });
      await expect(
        applyChanges(machine, request([fileChange(sound, '/etc/a', 'new content')]), silent, never),
      ).rejects.toMatchObject({isRestored: true});
      expect(text(root, '/etc/a')).toBe('old');
    }));
});
