import {type Ports, probeOf, type Tools} from '../../artifacts/ports.ts';
import {listOf, literal, shape, text} from '../../decode/decode.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Machine} from '../../system/machine.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {stateDirectory} from '../../system/state-directory.ts';
import {definitionPath, nameOfDefinition} from './definition.ts';
import removeSlice from './remove-slice.sh';

type Slice = {readonly parent: string; readonly uuid: string};

/** These slices are made at boot by what the run has written, and go with it. */
export type LiveSlicesEffect = {readonly kind: 'mediated-devices'; readonly slices: readonly Slice[]};

const effectShape = shape<LiveSlicesEffect>({
  kind: literal('mediated-devices'),
  slices: listOf(shape<Slice>({parent: text, uuid: text})),
});

/** One that is there before the run is somebody else's, or of an earlier run. */
export const liveSlices = ({mediated}: HostFacts, slices: readonly Slice[]): LiveSlicesEffect => ({
  kind: 'mediated-devices',
  slices: slices
    .filter(({uuid}) => !mediated.devices.some((one) => one.uuid === uuid))
    .map(({parent, uuid}) => ({parent, uuid})),
});

const devices = '/sys/bus/mdev/devices';
const removeSeconds = 20;
const script = `${stateDirectory}/remove-slice`;

/**
 * Once the definition is gone the slice goes too, so that its memory is free again. The kernel waits for whoever holds
 * it, so that is asked before.
 */
export const liveSlicesProbe = probeOf(effectShape, {
  check: () => undefined,
  checkUndone: async (tools, {slices}) => {
    for (const slice of slices) await takeAway(tools, slice);
  },
});

const takeAway = async ({machine, run, warn, writePrivate, remove}: Tools, {parent, uuid}: Slice): Promise<void> => {
  const place = `${devices}/${uuid}`;
  if (!/^[0-9a-f-]{36}$/.test(uuid) || machine.stat(place) === null) return;
  if (machine.stat(definitionPath(parent, uuid)) !== null) return;
  const later = `It is gone after the next boot, or with \`echo 1 | sudo tee ${place}/remove\`.`;
  const holder = holderOf(machine, uuid);
  if (holder !== null) {
    warn(`The guest ${holder} has the mediated device ${uuid} now, so it stays. ${later}`);
    return;
  }
  try {
    writePrivate(script, Buffer.from(removeSlice));
    await run(['/bin/sh', script, place], removeSeconds);
  } catch {
    warn(`The mediated device ${uuid} could not be taken away: something may still use it. ${later}`);
  } finally {
    remove(script);
  }
};

/** Of a running guest libvirt keeps the whole definition here. */
const running = '/run/libvirt/qemu';

const holderOf = (machine: Machine, uuid: string): string | null => {
  const file = machine
    .list(running)
    .filter((name) => name.endsWith('.xml'))
    .find((name) => machine.read(`${running}/${name}`).toString('utf8').toLowerCase().includes(uuid));
  return file === undefined ? null : file.replace(/\.xml$/, '');
};

/** A guest that runs would keep a slice that nothing makes again. */
export const whySliceInUse: Ports['whyInUse'] = (machine, paths) => {
  for (const path of paths) {
    const named = nameOfDefinition(path);
    const guest = named === null ? null : holderOf(machine, named.uuid);
    if (named === null || guest === null) continue;
    return {
      problem: `The guest ${guest} has the mediated device ${named.uuid} now, which ${path} defines.`,
      nextStep: `Shut the guest down (virsh shutdown ${quoteForShell(guest)}), then run this again.`,
    };
  }
  return null;
};
