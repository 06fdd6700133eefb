import {describe, expect, it} from 'vitest';
import type {OptionSpecs} from '../../src/commands/declare.ts';
import {helpText} from '../../src/commands/help.ts';
import {parse} from '../../src/commands/parse.ts';
import {commonOptions} from '../../src/commands/options.ts';
import {verbs, wizardVerb} from '../../src/commands/verbs.ts';
import {UsageError} from '../../src/errors.ts';

const all = [wizardVerb, ...verbs];

/** `message → next step` of the refusal; nothing when it is no refusal. */
const refusalOf = (line: string): string => {
  try {
    parse(line === '' ? [] : line.split(' '));
    return '';
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return `${error.message} → ${error.nextStep}`;
  }
};

describe('the table of commands', () => {
  it('gives an option of one name one type and one letter everywhere', () => {
    const kinds = new Map<string, string>();
    for (const {options} of all) {
      const specs: OptionSpecs = {...options, ...commonOptions};
      for (const [name, spec] of Object.entries(specs)) {
        const kind = JSON.stringify([spec.type, spec.short, spec.type === 'string' && spec.multiple]);
        expect([name, kinds.get(name) ?? kind]).toEqual([name, kind]);
        kinds.set(name, kind);
      }
    }
  });

  it('has two examples for each command, which the parser takes', () => {
    for (const {name, examples} of all) {
      expect([name, examples.length]).toEqual([name, 2]);
      for (const [command] of examples) {
        const words = command
          .split(' ')
          .filter((word, index, all) => word !== '' && !/[|>]/.test(all.slice(0, index + 1).join(' ')));
        const request = parse(words);
        expect([command, request.kind === 'command' ? request.verb.name : request.kind]).toEqual([command, name]);
      }
    }
  });

  it('is shown whole by help: each command, its options and its examples, within 120 columns', () => {
    for (const {name, options, examples} of verbs) {
      const text = helpText(name.split(' '));
      for (const word of [...Object.keys(options), ...Object.keys(commonOptions)]) expect(text).toContain(`--${word}`);
      for (const [command] of examples) expect(text).toContain(`vfio-pilot ${command}`);
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
      expect(helpText()).toContain(`vfio-pilot ${name}`);
    }
  });
});

describe('a command line', () => {
  it('is split into command, arguments, its own options and those of every command', () => {
    expect(parse(['--root', '/srv', 'apply', 'a.yaml', '-y', '--keep-edits'])).toMatchObject({
      kind: 'command',
      verb: {name: 'apply'},
      positionals: ['a.yaml'],
      args: ['--yes', '--keep-edits'],
      common: {root: '/srv', demo: null, json: false},
    });
    expect(parse(['profile', 'new', '--device', '06:00.0', '--device=07:00.0'])).toMatchObject({
      verb: {name: 'profile new'},
      args: ['--device=06:00.0', '--device=07:00.0'],
    });
  });

  it.each<[string, string, string | null, readonly string[]]>([
    ['--demo', 'wizard', 'two-cards', []],
    ['--demo laptop', 'wizard', 'laptop', []],
    ['--demo=laptop', 'wizard', 'laptop', []],
    ['check --demo', 'check', 'two-cards', []],
    ['--demo r710 check', 'check', 'r710', []],
    // A word that is no name of a host is an argument; so is a name that does not follow the option.
    ['plan --demo my.yaml', 'plan', 'two-cards', ['my.yaml']],
    ['plan --demo r710 laptop', 'plan', 'r710', ['laptop']],
    ['plan r710 --demo', 'plan', 'two-cards', ['r710']],
    ['plan r710', 'plan', null, ['r710']],
  ])('%s is %s on the host %s', (line, name, demo, positionals) =>
    expect(parse(line.split(' '))).toMatchObject({verb: {name}, positionals, common: {demo}}),
  );

  it.each<[string, unknown]>([
    ['--demo list', {kind: 'demo-list'}],
    ['-V', {kind: 'version'}],
    ['help', {kind: 'help', topic: []}],
    ['--help', {kind: 'help', topic: []}],
    ['help apply', {kind: 'help', topic: ['apply']}],
    ['apply x.yaml --help', {kind: 'help', topic: ['apply', 'x.yaml']}],
    ['profile new -h', {kind: 'help', topic: ['profile', 'new']}],
  ])('%s asks for help or the version', (line, request) => expect(parse(line.split(' '))).toEqual(request));

  it.each<[string, RegExp]>([
    ['aply x.yaml', /no command "aply"\. → Did you mean apply\? Commands: check, /],
    ['profile nw', /no command `profile nw`\. → Did you mean new\? /],
    ['profile', /profile needs to know what to do/],
    ['check --jsn', /no option --jsn\. → Did you mean --json\? .*check --help/],
    ['check --yes', /check does not know --yes, which is for apply, confirm, rollback, history, guest phase\./],
    ['--json', /^$/],
    ['--demo r71', /neither a command nor a demo host called "r71"\. → Did you mean r710\? Demo hosts: two-cards, /],
    ['plan a --demo r71', /takes no argument "r71", and there is no demo host of that name\. → Did you mean r710\? /],
    ['fleet', /fleet needs to know what to do\. → Write: `vfio-pilot fleet report /],
    ['check --demo=r71', /--demo "r71" is not known\. → Did you mean r710\? One of two-cards, /],
    ['rollback --trial --yes', /rollback does not know --trial, which is for apply\./],
    ['check --dry-run', /check does not know --dry-run, which is for the wizard, plan, apply/],
    ['plan', /plan needs a PROFILE\. → Name its YAML file/],
    ['plan a b', /plan takes no argument "b"\./],
    ['check a', /check takes no argument "a"\./],
    ['plan a --out', /--out needs a value\. → Write --out FILE/],
    ['plan a --out --json', /--out needs a value, and --json looks like an option\./],
    ['plan a --exit-code=yes', /--exit-code takes no value\./],
    ['profile new --os windws-11', /--os "windws-11" is not known\. → Did you mean windows-11\? One of /],
    ['profile new --os', /--os needs a value\. → Write --os OS/],
    ['completion', /completion needs a SHELL\. → One of bash, zsh, fish\./],
    ['completion fis', /SHELL "fis" is not known\. → Did you mean fish\? One of bash, zsh, fish\./],
    ['check --constructor', /no option --constructor/],
    ['constructor', /no command "constructor"/],
  ])('%s is refused with what was meant, or taken', (line, expected) => expect(refusalOf(line)).toMatch(expected));

  it('help of a command that there is not names the one that was meant', () => {
    expect(() => helpText(['aply'])).toThrow('There is no command "aply".');
    expect(helpText(['profile'])).toContain('vfio-pilot profile schema');
  });
});
