import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {ioThreadsOf} from '../../../src/facts/io-threads.ts';
import {attributeOf} from '../../../src/formats/xml/document.ts';
import {applySplices, type Splice} from '../../../src/formats/splices.ts';
import {editDomain, planSplices} from '../../../src/hypervisor/kvm/domain/edit-domain.ts';
import {parseDomain} from '../../../src/hypervisor/kvm/domain/parse-domain.ts';
import {corpusDirectory} from '../../support/shared-data.ts';
import {comments, foreignLines, hostdevs, named, parse} from './canonical.ts';
import {sampleFacts, samplePlan} from './sample.ts';

const corpus = corpusDirectory();
const directory = corpus === null ? null : join(corpus, 'mined/domain-xml');
const files = directory === null ? [] : readdirSync(directory).sort();
const read = (name: string): string => readFileSync(join(directory ?? '', name), 'utf8');
const isRefused = (name: string): boolean => !parseDomain(read(name), name).ok;
const usable = files.filter((name) => !isRefused(name));
const planned = samplePlan.devices.flatMap(({address}) => address ?? []);
/** On an AMD host `topoext` is a foreign feature like any other. */
const facts = sampleFacts({vendor: 'AuthenticAMD'});

const edited = (text: string, name: string): string => {
  const result = editDomain(text, samplePlan, facts, name);
  if (!result.ok) throw new Error(result.findings.map((finding) => finding.message).join('\n'));
  return result.xml;
};

/** What was there before each splice, at the place where it is afterwards. */
const inverse = (text: string, splices: readonly Splice[]): readonly Splice[] => {
  let shift = 0;
  const sorted = [...splices].sort((a, b) => a.start - b.start || Number(a.end > a.start) - Number(b.end > b.start));
  return sorted.map((splice) => {
    const start = splice.start + shift;
    shift += splice.text.length - (splice.end - splice.start);
    return {start, end: start + splice.text.length, text: text.slice(splice.start, splice.end)};
  });
};

describe.skipIf(directory === null)('real domains (skipped where the corpus is not there)', () => {
  it('refuses the ones that are not well-formed, with a position, and takes all others', () => {
    const refused = files.filter(isRefused);

    expect(files).toHaveLength(102);
    expect(refused).toEqual([
      'Alamputraaf+learning-cpu-pinning__win.xml',
      'drpars+vfioctl__guest__templates__domain.xml',
    ]);
    for (const name of refused) {
      const result = editDomain(read(name), samplePlan, facts, name);
      expect(result).toMatchObject({
        ok: false,
        findings: [{code: 'guest-xml-unusable', severity: 'blocker', at: {file: name}}],
      });
      expect(result.findings[0]?.at?.line).toBe(name.startsWith('Alam') ? 36 : 73);
    }
  });

  it.each(usable)('%s keeps everything foreign, in its order, with its comments', (name) => {
    const text = read(name);
    const result = edited(text, name);
    const foreign = foreignLines(parse(text), planned);

    const isDropped = (line: string): boolean => line.startsWith('memoryBacking/source type="anonymous"');
    expect(foreignLines(parse(result), planned)).toEqual(foreign.filter((line) => !isDropped(line)));
    expect(comments(result)).toEqual(comments(text));
  });

  it.each(usable)(
    '%s keeps the I/O threads that its disks run in, and leaves no disk without one where none was named',
    (name) => {
      const before = ioThreadsOf(parse(read(name)).root);
      const after = ioThreadsOf(parse(edited(read(name), name)).root);

      const [planned] = samplePlan.pinning.iothreads.map(({iothread}) => iothread);
      expect(planned).toBe(1);
      expect(after.used).toEqual(before.used.length > 0 || !before.mayTake ? before.used : [planned]);
      expect(after.mayTake).toBe(before.used.length > 0 && before.mayTake);
    },
  );

  it.each(usable)('%s fits the plan, and a second edit changes nothing', (name) => {
    const result = edited(read(name), name);
    const document = parse(result);

    expect(edited(result, name)).toBe(result);
    expect(hostdevs(document).filter((source) => source !== null && planned.some((one) => one === source))).toEqual(
      expect.arrayContaining(planned),
    );
    expect(
      hostdevs(document).filter((source) => source !== null && planned.some((one) => one === source)),
    ).toHaveLength(planned.length);
    expect(
      named(document, 'vcpupin')
        .map((pin) => `${attributeOf(pin, 'vcpu')}:${attributeOf(pin, 'cpuset')}`)
        .sort(),
    ).toEqual(samplePlan.pinning.vcpus.map((pin) => `${pin.vcpu}:${pin.cpus.join(',')}`).sort());
    expect(named(document, 'memballoon').map((balloon) => attributeOf(balloon, 'model'))).toEqual(['none']);
  });

  it.each(usable)('%s comes back byte for byte when the edits are taken back', (name) => {
    const text = read(name);
    const document = parse(text);
    const splices = planSplices(document, {plan: samplePlan, facts, root: document.root, report: () => undefined});
    const result = applySplices(text, splices);

    expect(result).toBe(edited(text, name));
    expect(applySplices(result, inverse(text, splices))).toBe(text);
  });

  it.each(usable)('%s keeps guest addresses apart from each other', (name) => {
    const text = read(name);
    const taken = (source: string): readonly string[] =>
      named(parse(source), 'address')
        .filter((address) => attributeOf(address, 'type') === 'pci')
        .map((address) => ['bus', 'slot', 'function'].map((part) => Number(attributeOf(address, part))).join(':'))
        .sort();
    const doubles = (list: readonly string[]): readonly string[] =>
      list.filter((one, index) => list.indexOf(one) !== index);

    expect(doubles(taken(edited(text, name)))).toEqual(doubles(taken(text)));
  });
});
