import {expect, it} from 'vitest';
import {coresOf} from '../../src/facts/cores.ts';
import type {Cpu} from '../../src/facts/cpu.ts';
import {findDomains} from '../../src/topology/domains.ts';
import {sampleFacts} from '../support/sample-facts.ts';

const cpu = (id: number, values: Partial<Cpu>): Cpu => ({
  id,
  node: 0,
  package: 0,
  die: 0,
  core: id,
  siblings: [id],
  l3: null,
  l3KiB: null,
  kind: 'core',
  online: true,
  ...values,
});

/** Domains as text, cores as `0+4`, once as the map draws them and once as the plan counts them. */
const bothViews = (cpus: readonly Cpu[]): {readonly map: string; readonly plan: string} => {
  const base = sampleFacts();
  const byDomain = new Map<string, string[]>();
  for (const {domain, threads} of coresOf({...base, cpu: {...base.cpu, cpus}}))
    byDomain.set(domain, [...(byDomain.get(domain) ?? []), threads.join('+')]);
  return {
    map: findDomains(cpus)
      .map(({cores}) => cores.map((core) => core.map(({id}) => id).join('+')).join(' '))
      .join(' | '),
    plan: [...byDomain.values()].map((cores) => cores.join(' ')).join(' | '),
  };
};

it('draws two dies without a reported L3 cache as two domains, as the plan counts them', () => {
  const cpus = [0, 1, 2, 3, 4, 5, 6, 7].map((id) =>
    cpu(id, {die: id % 4 < 2 ? 0 : 1, siblings: [id % 4, (id % 4) + 4]}),
  );
  expect(bothViews(cpus)).toEqual({map: '0+4 1+5 | 2+6 3+7', plan: '0+4 1+5 | 2+6 3+7'});
});

it('joins threads of which only one names the other, as the plan does', () => {
  const cpus = [0, 1, 2, 3, 4, 5, 6, 7].map((id) => cpu(id, {siblings: id < 4 ? [id, id + 4] : [id]}));
  expect(bothViews(cpus)).toEqual({map: '0+4 1+5 2+6 3+7', plan: '0+4 1+5 2+6 3+7'});
});

it('draws cores of which nothing is known in one box', () => {
  const cpus = [0, 1].map((id) => cpu(id, {package: null, die: null, siblings: []}));
  expect(findDomains(cpus)).toMatchObject([{cpus: [0, 1], hasL3: false, l3KiB: null, isShared: false}]);
});
