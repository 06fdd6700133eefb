import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import fc from 'fast-check';
import {afterAll, describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {readHost} from '../../src/host/read-host.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {openSource} from '../../src/system/source.ts';
import {renderTopologySvg} from '../../src/topology/topology-svg.ts';
import {unpackHost} from '../support/host-tree.ts';
import {makeBigHost} from '../support/make-big-host.ts';
import {nastyFacts, nastyShapes} from '../support/nasty-machines.ts';
import {profilePath} from '../support/run-cli.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';
import {machineTrees} from './machine-trees.ts';
import {readMapFacts} from './read-facts.ts';
import {boxBelow, contrast, fillsOf, parseSvg, type SvgText} from './svg-document.ts';
import {bySize} from '../support/sizes.ts';

const draw = (facts: HostFacts) => renderTopologySvg({facts, pinning: null, memory: null, deviceAddresses: []});

const drawPlanned = (facts: HostFacts, profile: Parameters<typeof planPassthrough>[1]): string => {
  const {plan} = planPassthrough(facts, profile);
  return renderTopologySvg({
    facts,
    pinning: plan.pinning,
    memory: plan.memory,
    deviceAddresses: plan.devices.flatMap(({address}) => address ?? []),
  });
};

const demoHost = unpackHost('dell-r710-gtx1050');
const demoProfile = decodeProfile(readFileSync(profilePath('dell-r710-gtx1050'), 'utf8'), 'demo').profile!;
const demo = drawPlanned(readHost(openSource(demoHost, null)), demoProfile);

const big = mkdtempSync(join(tmpdir(), 'vfio-pilot-big-svg-'));
afterAll(() => rmSync(big, {recursive: true, force: true}));
makeBigHost(big, {cpus: 512, nodes: 8, functions: 8});

const trees = machineTrees();
const drawn: readonly (readonly [string, string])[] = [
  ['demo', demo],
  ['512 CPUs', draw(readMapFacts(big))],
  [
    '512 CPUs, planned',
    drawPlanned(readHost(openSource(big, null)), {
      ...sampleProfile({cpu: {vcpus: 96}, memory: {sizeMiB: 131072}}),
      devices: [sampleDevice('0000:01:00.0')],
    }),
  ],
  ...trees.map((tree) => [basename(tree), draw(readMapFacts(tree))] as const),
];
const pictures = drawn.map(([name, svg]) => ({name, svg, ...parseSvg(svg)}));

const clashes = (texts: readonly SvgText[]): readonly string[] =>
  texts
    .filter((a, index) =>
      texts.slice(index + 1).some((b) => Math.abs(a.y - b.y) < 8 && a.x < b.x + b.width && b.x < a.x + a.width),
    )
    .map(({text}) => text);

describe('the picture of a machine', () => {
  it('is the one that README shows', async () => {
    await expect(demo).toMatchFileSnapshot('../../docs/topology.svg');
  });

  it('tells a screen reader what a viewer sees', () => {
    const {root, title, description} = parseSvg(demo);

    expect(root).toMatchObject({
      role: 'img',
      'aria-labelledby': 'topology-title',
      'aria-describedby': 'topology-description',
      lang: 'en',
    });
    expect(title).toBe('Topology of Intel(R) Xeon(R) CPU E5645 @ 2.40GHz');
    expect(description).toContain(
      'Package 1 · Node 0: 12 CPUs (0,2,4,6,8,10,12,14,16,18,20,22); 1 level-3 cache; 23.6 GiB memory, 21.9 GiB free; distances 10 20; guest 12 GiB in 6144 pages of 2 MiB of this memory; guest CPUs on CPU 0,2,4,6,12,14,16,18; I/O threads on CPU 8,20; emulator on CPU 10,22.',
    );
    expect(description).toContain(
      'On no known node: 0000:06:00.0 .1 NVIDIA Corporation GP107 [GeForce GTX 1050] goes to the guest.',
    );
  });

  it('has text of at least 4.5:1 on what lies below it, and bars of 3:1, in light and in dark', () => {
    for (const {name, boxes, texts, style} of pictures) {
      for (const scheme of ['light', 'dark'] as const) {
        const fills = fillsOf(style, scheme);
        const colorOf = (name: string): string => fills.get(name) ?? expect.fail(`no colour for ${name}`);
        for (const {x, y, width, classes, text} of texts) {
          const below = boxBelow(boxes, x + width / 2, y - 3);
          const ratio = contrast(colorOf(classes.find((one) => one.startsWith('ink-'))!), colorOf(below!.surface));
          expect(ratio, `${name}, ${scheme}: ${text} on ${below!.surface}`).toBeGreaterThanOrEqual(4.5);
        }
        for (const bar of ['memory', 'hugepages', 'guest'])
          expect(contrast(colorOf(bar), colorOf('track'))).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it('keeps every word and box within the page, and words off one another', () => {
    for (const {name, boxes, texts, root} of pictures) {
      const [width, height] = [Number(root['width']), Number(root['height'])];
      for (const box of [...boxes, ...texts]) {
        expect(box.x, name).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width, `${name}: ${JSON.stringify(box)}`).toBeLessThanOrEqual(width + 0.5);
        expect(box.y, name).toBeLessThanOrEqual(height);
      }
      expect(clashes(texts), name).toEqual([]);
    }
  });

  it('shows every online CPU up to 128, and beyond counts those that it folds', () => {
    for (const {name, boxes, texts, description} of pictures) {
      const shown = boxes.flatMap(({title}) => [...(title ?? '').matchAll(/CPU \d+: (?!offline)/g)]).length;
      const folded = texts
        .flatMap(({text}) => [...text.matchAll(/more like this[^(]*\((\d+) CPUs/g)])
        .reduce((sum, [, count]) => sum + Number(count), 0);
      const online = Number(/^(\d+) CPU/.exec(description)?.[1]);
      expect(shown + folded, name).toBe(online);
      if (online <= 128) expect(folded, name).toBe(0);
    }
  });

  it('needs nothing from elsewhere and runs nothing', () => {
    for (const {name, svg, elements} of pictures) {
      const names = new Set(elements.map((element) => element.name));
      expect(
        [...names].filter((one) => !['svg', 'title', 'desc', 'style', 'rect', 'text'].includes(one)),
        name,
      ).toEqual([]);
      expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', ''), name).not.toMatch(
        /href|url\(|@import|https?:|\son[a-z]+=|<!|<\?/,
      );
    }
  });

  it('stays small: less than 120 kB for any machine', () => {
    for (const {name, svg} of pictures) expect(svg.length, name).toBeLessThan(120_000);
  });
});

const hasXmllint = spawnSync('xmllint', ['--version']).status === 0;
const wellFormed = (svg: string): string =>
  spawnSync('xmllint', ['--noout', '--nonet', '-'], {input: svg, encoding: 'utf8'}).stderr;

const hostile =
  '</text><script>alert(1)</script>"\' onload=x &amp;&#0;]]><![CDATA[\u0000\u001b\u202e\ud800\ufffe <!-- <?php %x;';

describe('a picture with names that are meant to break it', () => {
  const facts = readMapFacts(demoHost, [
    {address: '10000:e1:00.0', class: '030000', vendor: '10de', device: '1c81', name: hostile, numaNode: 0},
  ]);
  const attacked = {...facts, cpu: {...facts.cpu, model: hostile}};

  it('shows them as text', () => {
    const {elements, title, texts} = parseSvg(draw(attacked));

    expect(elements.map(({name}) => name)).not.toContain('script');
    expect(title).toContain('</text><script>alert(1)</script>');
    expect(texts.some(({text}) => text.startsWith('10000:e1:00.0 </text><script>'))).toBe(true);
    expect(draw(attacked)).not.toMatch(/[^\x20-\x7e\n·…\uFFFD]/);
  });

  it.skipIf(!hasXmllint)('is well-formed for xmllint (skipped where it is not installed)', () => {
    expect(wellFormed(draw(attacked))).toBe('');
    for (const {name, svg} of pictures.slice(0, 12)) expect(wellFormed(svg), name).toBe('');
  });

  it('is well-formed for any name', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), fc.string(), (model, name) => {
        const named = {...attacked, cpu: {...facts.cpu, model}, pci: attacked.pci.map((one) => ({...one, name}))};
        expect(parseSvg(draw(named)).texts.length).toBeGreaterThan(5);
      }),
      {numRuns: bySize(40, 200, 2000)},
    );
  });
});

describe('pictures of generated machines', () => {
  it('are drawn without a word over another, whatever the machine', () => {
    fc.assert(
      fc.property(nastyShapes(5, 7), fc.constantFrom(1, 4, 6, 16), (shape, vcpus) => {
        const facts = nastyFacts(shape);
        const {texts, boxes, description} = parseSvg(
          drawPlanned(facts, sampleProfile({cpu: {vcpus}, memory: {sizeMiB: 2048}})),
        );
        expect(clashes(texts)).toEqual([]);
        expect(boxes.filter((box) => box.x + box.width > 960)).toEqual([]);
        expect(description).toMatch(/^\d+ CPUs?/);
      }),
      {numRuns: bySize(30, 150, 1500)},
    );
  });
});
