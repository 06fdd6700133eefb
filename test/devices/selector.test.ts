import {describe, expect, it} from 'vitest';
import {selectFunction} from '../../src/devices/selector/select-function.ts';
import type {Selector} from '../../src/devices/selector/selector-format.ts';
import type {PciFunction} from '../../src/facts/pci.ts';
import {readHost} from '../../src/host/read-host.ts';
import {openSource} from '../../src/system/source.ts';
import {hostNames, unpackHost} from '../support/host-tree.ts';

const any: Selector = {id: null, subsystem: null, class: null, slot: null, node: null, boot: null, nth: null};
const keys = ['id', 'subsystem', 'class', 'slot', 'node', 'boot'] as const;
/** Each key alone, and each set of them. */
const sets = Array.from({length: 2 ** keys.length - 1}, (_, bits) => keys.filter((_, at) => ((bits + 1) >> at) & 1));

/** What is true of a function, by key; `null`: nothing is known. */
const truthOf = (one: PciFunction): Selector => ({
  id: `${one.vendor}:${one.device}`,
  subsystem: one.subsystem,
  class: one.class.slice(0, 4),
  slot: one.upstream.at(-1) ?? null,
  node: one.numaNode,
  boot: one.bootVga,
  nth: null,
});

const isTrue = (one: PciFunction, match: Selector): boolean => {
  const truth = truthOf(one);
  return keys.every((key) =>
    key === 'slot'
      ? match.slot === null || one.upstream.includes(match.slot)
      : match[key] === null || match[key] === truth[key],
  );
};

describe.each(hostNames())('on %s', (name) => {
  const facts = readHost(openSource(unpackHost(name), null));
  const functions = facts.pci.filter((one) => !one.isBridge && one.physicalFunction === null);
  const select = (match: Selector) => selectFunction(facts, {kind: 'selector', match, rom: null});

  it('each key, alone and with others, means one function, or is refused with each that it could be', () => {
    let [found, refused] = [0, 0];
    for (const one of functions) {
      const truth = truthOf(one);
      for (const set of sets) {
        const match: Selector = {...any, ...Object.fromEntries(set.map((key) => [key, truth[key]]))};
        const could = functions.filter((other) => isTrue(other, match));
        const selected = select(match);
        if (could.length === 1) {
          expect(selected).toMatchObject({ok: true, device: {address: one.address}});
          found += 1;
        } else {
          expect(selected).toMatchObject({ok: false, code: 'selector-ambiguous'});
          const message = selected.ok ? '' : selected.message;
          for (const {address} of could.slice(0, 8)) expect(message).toContain(address);
          refused += 1;
        }
        const nth = could.indexOf(one) + 1;
        if (nth <= 64) expect(select({...match, nth})).toMatchObject({ok: true, device: {address: one.address}});
        expect(select({...match, nth: could.length + 1})).toMatchObject({ok: false, code: 'selector-no-match'});
      }
    }
    expect(found).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });
});
