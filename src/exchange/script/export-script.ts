import {comesWithBoot} from '../../changes/comes-with-boot.ts';
import type {GeneratedArtifact} from '../../artifacts/artifact.ts';
import type {RegistryCommands} from '../../artifacts/ports.ts';
import {withOutput} from '../../artifacts/with-output.ts';
import {oneLine} from '../../artifacts/rendered.ts';
import {UsageError} from '../../errors.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {contentDigest} from '../../formats/content-digest.ts';
import {hypervisorOf} from '../../hypervisor/hypervisors.ts';
import type {Plan} from '../../plan/plan.ts';
import {printable} from '../../words/printable.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import type {Exporter} from '../exporter.ts';
import {answerLines, answerOf, findNames, idleLines, variablesOf} from './answers.ts';
import {contentOf, describeFile, validationLines} from './files.ts';
import runner from './runner.sh';
import {caseFunction, commandLine, output} from './shell.ts';
import {orderSteps, type Steps} from './steps.ts';

/** A shell script that makes the plan true, and can take it back, on a host where nothing is installed for that. */
export const exportScript: Exporter = (facts, {plan, changes}) => {
  const {registry, moreRegistries} = hypervisorOf(facts);
  const hasGuest = changes.some(({kind, path}) => kind !== 'run' && registry.keeps(path));
  if (hasGuest && registry.commands === null)
    throw new UsageError(
      `The guest ${plan.guest.path} takes more than a script can do.`,
      '`vfio-pilot export --help` names the exports; one of them may be for its hypervisor.',
    );
  const shared = changes.find((change) => moreRegistries.some(({keeps}) => keeps(change.path)));
  if (shared !== undefined)
    throw new UsageError(
      `${shared.path} is shared by several guests, which takes more than a script can do.`,
      'Run `vfio-pilot apply` on the host, or give the guest a virtual function by its number.',
    );
  if (changes.length === 0)
    throw new UsageError(
      'This host is already as the profile says, so there is nothing for a script to do.',
      'Run `vfio-pilot plan` to see what it has.',
    );
  const steps = orderSteps(changes, registry.keeps);
  const {commands} = registry;
  const body = [...functionsOf(steps, commands, plan.guest), ...runner.trimEnd().split('\n')];
  const lines = [...headerOf(facts, plan, steps), ...settingsOf(plan, steps, commands, body), '', ...body];
  const unsafe = lines.find((line) => printable(line.replaceAll('\t', '')) !== line.replaceAll('\t', ''));
  if (unsafe !== undefined)
    throw new UsageError(
      `A name in this plan has a character that can't be printed: ${JSON.stringify(unsafe)}.`,
      'Rename it, then export again.',
    );
  return [{title: null, lines}];
};

/** The same as one text. */
export const renderScript: (...given: Parameters<Exporter>) => string = (facts, preview) =>
  exportScript(facts, preview)
    .map(({lines}) => `${lines.join('\n')}\n`)
    .join('');

/** What a person who reads it has to know first. */
const headerOf = (facts: HostFacts, plan: Plan, {files, commands, created}: Steps): readonly string[] => {
  const {profile, guest} = plan;
  const thenReboot = comesWithBoot(plan) ? '; then reboot' : '';
  const hasOrder = files.some(
    (file) => file.how === 'made' && file.change.validations.some(({kind}) => kind === 'order'),
  );
  return [
    '#!/bin/sh',
    `# Made by vfio-pilot from the profile ${oneLine(profile)}, for one host. Read it, then run it there as root:`,
    '#   sh SCRIPT check    look whether the host is as the plan saw it',
    `#   sh SCRIPT apply    keep a copy of each file, write the files, run the commands${thenReboot}`,
    `#   sh SCRIPT undo     put back what was there before${thenReboot}`,
    '#',
    '# What it changes:',
    ...files.map(
      ({how, change}) => `#   ${how === 'made' ? `${change.path} (made by ${change.argv[0]})` : change.path}`,
    ),
    ...commands.flatMap(({command}) => [
      `#   $ ${command.argv.join(' ')}`,
      ...(answerOf(command) === null || command.undo === null ? [] : [`#     undone by: ${command.undo.join(' ')}`]),
      ...Object.entries(answerOf(command)?.names ?? {}).map(
        ([name, ask]) => `#     {${name}}: what this answers then: ${ask.join(' ')}`,
      ),
    ]),
    '#',
    "# What it can't do, and vfio-pilot can:",
    '# - No boot on trial: have a way in that does not need this card (ssh, another entry of the boot menu).',
    `# - No verify${comesWithBoot(plan) ? ' after the reboot' : ''}: run vfio-pilot verify --profile FILE --host USER@HOST then, where vfio-pilot is.`,
    '# - No recovery of its own after a kill or a power cut: run undo then. It knows what was done so far.',
    commands.every(({command}) => answerOf(command) !== null) && commands.length > 0
      ? '# - It does not wait for a package manager.'
      : '# - It does not wait for a package manager, and does not read back what the commands brought about.',
    ...created.flatMap(({path, argv}) => [
      '# - It makes no disk image, so that it never writes over one. Unless it is there, before apply:',
      `#     [ -e ${quoteForShell(path)} ] || ${withOutput(argv, quoteForShell(path)).join(' ')}`,
    ]),
    ...(hasOrder ? ['# - It does not look in which order the new initramfs calls its scripts.'] : []),
    '# - vfio-pilot has no history of it: rollback and verify do not know this run, nor what the guest takes.',
    ...(facts.isLive || facts.files[guest.path] === undefined
      ? []
      : ['# - This guest was read from a copy of the host. If the copy was scrubbed, check refuses the file.']),
    '',
  ];
};

const settingsOf = (
  plan: Plan,
  {files, commands}: Steps,
  registry: RegistryCommands | null,
  body: readonly string[],
) => {
  const {devices, guest, profile} = plan;
  const functions = devices.flatMap(({assigned, id}) =>
    assigned.type === 'pci' && id !== null ? [`${assigned.address}=${id}`] : [],
  );
  const programs = [
    ...commands.flatMap(({command}) => [command.argv[0], ...(command.undo === null ? [] : [command.undo[0]])]),
    ...files.flatMap((file) => (file.how === 'made' ? programsOf(file.change) : [])),
    ...(registry === null || registry.definition === null || files.every(({how}) => how !== 'guest')
      ? []
      : [registry.definition.undefine(guest.path)[0]]),
  ].map((path) => path.slice(path.lastIndexOf('/') + 1));
  return [
    `id=${quoteForShell(`${profile.replaceAll(/[^\w-]+/g, '_')}-${contentDigest(body)}`)}`,
    `files=${quoteForShell(files.map(({number}) => number).join(' '))}`,
    `programs=${quoteForShell([...new Set(programs)].join(' '))}`,
    `functions=${quoteForShell(functions.join(' '))}`,
    `needs_reboot=${comesWithBoot(plan) ? 'yes' : 'no'}`,
    `guest=${quoteForShell(registry === null ? '' : guest.name)}`,
    `answering=${quoteForShell(commands.flatMap(({number, command}) => (answerOf(command) === null ? [] : [number])).join(' '))}`,
  ];
};

const programsOf = ({argv, validations}: GeneratedArtifact): readonly string[] => [
  argv[0],
  ...validations.flatMap((one) => (one.kind === 'command' || one.kind === 'listing' ? [one.argv[0]] : [])),
];

const functionsOf = (
  {files, commands, apply, undo}: Steps,
  registry: RegistryCommands | null,
  guest: Plan['guest'],
): readonly string[] => [
  ...caseFunction(
    'file',
    files.map((file) => ({number: file.number, lines: [`    ${describeFile(file)}`]})),
  ),
  ...caseFunction(
    'content',
    files.flatMap((file) => contentOf(file)),
  ),
  ...caseFunction(
    'command_line',
    commands.map(({number, command}) => ({
      number,
      lines: [...findNames(command, command.argv), `    execute ${commandLine(command.argv, variablesOf(command))}`],
    })),
  ),
  ...caseFunction(
    'undo_line',
    commands.flatMap(({number, command}) =>
      command.undo === null
        ? []
        : [
            {
              number,
              lines: [
                ...findNames(command, command.undo),
                `    ${onlyIf(command.onlyWith)}execute_once ${commandLine(command.undo, variablesOf(command))}`,
              ],
            },
          ],
    ),
  ),
  ...caseFunction(
    'make_output',
    files.flatMap((file) =>
      file.how === 'made'
        ? [{number: file.number, lines: [`    execute ${commandLine(file.change.argv, output)}`]}]
        : [],
    ),
  ),
  ...caseFunction(
    'is_valid',
    files.flatMap((file) =>
      file.how === 'made'
        ? [{number: file.number, lines: [...file.change.validations.flatMap(validationLines), '    :']}]
        : [],
    ),
  ),
  ...caseFunction('expects', commands.flatMap(answerLines)),
  ...caseFunction('is_idle', commands.flatMap(idleLines)),
  ...(registry === null ? [] : guestFunctions(registry, guest)),
  ...listFunction('apply_all', apply),
  ...listFunction('undo_all', undo),
];

/** A guest that is its file is written like any other. */
const guestFunctions = ({definition, state}: RegistryCommands, guest: Plan['guest']): readonly string[] => [
  ...oneCommand('define_guest', definition === null ? 'false' : onFile(definition.define('{output}', true))),
  ...oneCommand('define_old_guest', definition === null ? 'false' : onFile(definition.define('{output}', false))),
  ...oneCommand('undefine_guest', definition === null ? 'false' : onFile(definition.undefine(guest.path))),
  ...oneCommand('guest_state', `ask ${commandLine(state(guest.name))}`),
];

const onFile = (argv: readonly string[]): string => `execute ${commandLine(argv, {output: '$1'})}`;
const oneCommand = (name: string, line: string): readonly string[] => [`${name}() { ${line}; }`];
const listFunction = (name: string, calls: readonly string[]): readonly string[] => [
  '',
  `${name}() {`,
  ...calls.map((call) => `  ${call}`),
  '}',
];

const onlyIf = (path: string | undefined): string => (path === undefined ? '' : `[ ! -e ${quoteForShell(path)} ] || `);
