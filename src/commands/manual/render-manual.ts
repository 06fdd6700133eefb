import {journalRoot, stateDirectory} from '../../system/state-directory.ts';
import {lockFile} from '../../transaction/path-state.ts';
import {wrapPlain} from '../../words/wrap-plain.ts';
import type {OptionSpec, OptionSpecs, Verb} from '../declare.ts';
import {exitCodeMeanings} from '../exit-code-meanings.ts';
import {commonOptions} from '../options.ts';
import {verbs, wizardVerb} from '../verbs.ts';

/** A page has the day on which its text last changed; the same source makes the same page on any day. */
const changed = '2026-11-30';

/** vfio-pilot(8) in the man(7) language, which groff and mandoc read. */
export const renderManual = (version: string): string =>
  [
    `.TH VFIO-PILOT 8 "${changed}" "vfio-pilot ${version}" "System Manager's Manual"`,
    '.SH NAME',
    String.raw`vfio-pilot \- give a graphics card to a virtual machine, and take it back`,
    '.SH SYNOPSIS',
    [bold('vfio-pilot'), ...verbs.map(synopsis)].join('\n.br\n'),
    '.SH DESCRIPTION',
    description.map(prose).join('\n.PP\n'),
    '.SH COMMANDS',
    ...[wizardVerb, ...verbs].map(renderVerb),
    '.SH OPTIONS',
    'Every command takes these.',
    ...renderOptions(commonOptions),
    '.SH EXIT STATUS',
    ...exitCodeMeanings.map(([code, meaning]) => tagged(bold(code), meaning)),
    '.SH ENVIRONMENT',
    ...environment.map(([name, meaning]) => tagged(bold(name), meaning)),
    '.SH FILES',
    ...files.map(([path, meaning]) => tagged(italic(path), meaning)),
    '.SH EXAMPLES',
    ...[wizardVerb, ...verbs].flatMap(({examples}) =>
      examples.map(([command, purpose]) => tagged(bold(`vfio-pilot ${command}`.trim()), purpose)),
    ),
    '.SH SEE ALSO',
    seeAlso.map(([name, section]) => `.BR ${name} (${section})`).join(' ,\n'),
    '',
  ].join('\n');

const description = [
  'vfio-pilot gives PCI devices of this host, most often a graphics card, to a virtual machine of KVM and libvirt. It reads the host and changes nothing; shows every byte that it would change; applies that as one transaction; verifies each promise after the reboot; and rolls back to the byte.',
  'Started without a command it is a wizard, which needs a terminal. Your choices become a profile, a YAML file that the commands take. Nothing is written before you typed a word of confirmation, or gave --yes.',
  'It knows no network: it sends nothing and looks for no update.',
];

const environment: readonly (readonly [string, string])[] = [
  ['NO_COLOR', 'Without colours, whatever its value.'],
  [
    'PAGER',
    'The program that shows what is longer than the screen, less without it; empty or cat for none. It is not given to a shell. As root it is always less, in its secure mode.',
  ],
  ['LESS', 'Options of less; FRX without it. Not passed on as root.'],
  ['TERM', 'With the value dumb there are no colours, no pager and no wizard.'],
  ['NODE_OPTIONS', 'As root vfio-pilot refuses to start with this and other variables that let foreign code into it.'],
];

const files: readonly (readonly [string, string])[] = [
  [`${journalRoot}/ID/`, 'The journal and the backups of one run. Only root can read them.'],
  [`${stateDirectory}/`, 'All that vfio-pilot keeps for itself on a host.'],
  [lockFile(true), 'Held by a run that writes; gone after a reboot.'],
  ['/etc/modprobe.d/vfio-pilot.conf', 'Options of the modules, where a card is bound at boot.'],
  [
    '/etc/default/grub',
    'Its kernel arguments, among yours. Other boot loaders have other files; plan names each path before it is written, and history each that was.',
  ],
  ['/etc/libvirt/hooks/qemu.d/vfio-pilot-*', 'Hooks that run when the guest starts and ends.'],
];

const seeAlso = [
  ['lspci', 8],
  ['virsh', 1],
  ['virt-manager', 1],
  ['modprobe.d', 5],
  ['kernel-command-line', 7],
  ['journalctl', 1],
] as const;

const renderVerb = (verb: Verb): string =>
  [
    `.SS ${escape(verb === wizardVerb ? 'vfio-pilot' : `vfio-pilot ${verb.name}`)}`,
    prose(sentence(verb.summary)),
    ...renderOptions(verb.options),
  ].join('\n');

const renderOptions = (options: OptionSpecs): readonly string[] =>
  Object.entries(options).map(([name, spec]) => tagged(optionTag(name, spec), spec.summary));

const optionTag = (name: string, spec: OptionSpec): string =>
  [
    ...(spec.short === undefined ? [] : [`${bold(`-${spec.short}`)}, `]),
    bold(`--${name}`),
    ...(spec.type === 'string'
      ? [` ${italic(spec.value)}`]
      : spec.follows === undefined
        ? []
        : [` [${italic(spec.follows.name)}]`]),
  ].join('');

const synopsis = ({name, positionals, options}: Verb): string =>
  [
    bold(`vfio-pilot ${name}`),
    ...positionals.map(({name: word, isOptional, isRepeated}) =>
      isOptional === true ? `[${italic(word)}]` : `${italic(word)}${isRepeated === true ? ' ...' : ''}`,
    ),
    ...(Object.keys(options).length === 0 ? [] : [`[${italic('OPTIONS')}]`]),
  ].join(' ');

const tagged = (tag: string, text: string): string => `.TP\n${tag}\n${prose(sentence(text))}`;

/** A new line for each sentence, as roff wants it to find the ends, in lines that a mail would carry. */
const prose = (text: string): string =>
  escape(text)
    .split(/(?<=[.:;]) (?=[A-Z])/)
    .flatMap((one) => wrapPlain(one, 78))
    .join('\n');

const sentence = (text: string): string => {
  const capital = text.replace(/^[a-z](?![\w-]*\.)/, (letter) => letter.toUpperCase());
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
};

const bold = (text: string): string => `\\fB${escape(text)}\\fR`;
const italic = (text: string): string => `\\fI${escape(text)}\\fR`;

/** A hyphen that can be searched for and copied, and no line that roff takes for a request. */
const escape = (text: string): string =>
  text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll("'", String.raw`\(aq`)
    .replace(/^\./, String.raw`\&.`);
