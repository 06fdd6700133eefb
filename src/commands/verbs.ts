import {exporters} from '../exchange/exporters.ts';
import {importers} from '../exchange/importers.ts';
import {declare, type Positional, type Verb} from './declare.ts';
import {flag, dryRun, yes, resume, keepEdits, out, overSsh, theme} from './options.ts';

const scriptInstead = '`vfio-pilot plan PROFILE --emit host.sh` saves a plan as a script with check, apply and undo.';
const scriptThere =
  'This program changes no other host over ssh. Run the script of the plan there: `vfio-pilot plan PROFILE --host USER@HOST --emit host.sh` makes it.';

/** Unproven ones are labelled, wherever they are listed. */
const exportNames = (isProven: boolean): string =>
  exporters.flatMap((one) => (one.isProven === isProven ? [one.name] : [])).join(', ');

const needsProfile: Positional = {
  name: 'PROFILE',
  completes: 'profile',
  missing: 'Name its YAML file; the wizard saves one, and `vfio-pilot profile new` prints one.',
};

const guestSystems = ['windows-11', 'windows-10', 'linux', 'other'] as const;

/** For which there is a completion script. */
const shells = ['bash', 'zsh', 'fish'] as const;

/** What starts without a command. */
export const wizardVerb: Verb = declare({
  name: 'wizard',
  summary: 'the wizard (needs a terminal)',
  positionals: [],
  options: {'dry-run': dryRun, theme, 'no-mouse': flag('leave the mouse to the terminal, for selecting text')},
  examples: [
    ['', 'look at this host, choose a card, see every change'],
    ['--demo laptop', 'the same on an embedded host; writes to a scratch copy, never to this machine'],
  ],
  isTransactional: true,
  load: async () => (await import('./wizard.ts')).wizard,
});

const commands: readonly Verb[] = [
  declare({
    name: 'check',
    summary: 'firmware, kernel, IOMMU, libvirt: each with a remedy',
    positionals: [],
    options: {host: overSsh},
    examples: [
      ['check', 'is this host ready?'],
      ['check --json', 'the same for a script; exit code 3 when something must be put right first'],
    ],
    isTransactional: false,
    load: async () => (await import('./check.ts')).check,
  }),
  declare({
    name: 'facts',
    summary: 'everything that was read from the host',
    positionals: [],
    options: {},
    examples: [
      ['facts', 'a page for a person'],
      ['facts --json', 'all of it'],
    ],
    isTransactional: false,
    load: async () => (await import('./facts.ts')).facts,
  }),
  declare({
    name: 'groups',
    summary: 'the IOMMU groups and what shares them',
    positionals: [],
    options: {},
    examples: [
      ['groups', 'which devices go to a guest together'],
      ['groups --root captured', 'the same of a captured host'],
    ],
    isTransactional: false,
    load: async () => (await import('./groups.ts')).groups,
  }),
  declare({
    name: 'topology',
    summary: 'nodes, caches, cores, threads, memory, devices',
    positionals: [],
    options: {
      profile: {type: 'string', value: 'FILE', completes: 'profile', summary: 'mark what this profile takes'},
      svg: {type: 'string', value: 'FILE', completes: 'file', summary: 'save it as a picture'},
    },
    examples: [
      ['topology --profile win11.yaml', 'where the guest of a profile would run'],
      ['topology --svg map.svg', 'the map as a picture'],
    ],
    isTransactional: false,
    load: async () => (await import('./topology.ts')).topology,
  }),
  declare({
    name: 'plan',
    summary: 'findings and the diff of every file; writes nothing, or saves the plan',
    positionals: [needsProfile],
    options: {
      out,
      emit: {
        type: 'string',
        value: 'FILE',
        completes: 'file',
        summary: 'save it as a shell script with check, apply and undo, as `export script` prints it',
      },
      host: overSsh,
      'exit-code': flag('exit 10 when there are changes'),
      'dry-run': flag('nothing else: a plan never writes to the host'),
    },
    examples: [
      ['plan win11.yaml', 'every byte that would change'],
      ['plan win11.yaml --out win11.plan', 'save the plan; apply then writes exactly this, or nothing'],
    ],
    isTransactional: false,
    load: async () => (await import('./plan.ts')).plan,
  }),
  declare({
    name: 'apply',
    summary: 'show the changes, ask, write them as one transaction; a saved plan exactly',
    positionals: [{...needsProfile, name: 'PROFILE|PLAN', completes: 'plan'}],
    options: {
      'dry-run': dryRun,
      trial: flag('one boot on trial, with an entry and an image of its own; the present system comes back after it'),
      yes,
      resume,
      'keep-edits': keepEdits,
    },
    examples: [
      ['apply win11.yaml', 'show the changes, ask, write them'],
      ['apply win11.yaml --trial', 'for one boot only, unless you confirm it'],
    ],
    elsewhere: {emit: scriptInstead, host: scriptThere},
    isTransactional: true,
    load: async () => (await import('./apply.ts')).apply,
  }),
  declare({
    name: 'confirm',
    summary: 'in the trial boot: it is good, keep it permanently',
    positionals: [],
    options: {'dry-run': dryRun, yes, resume, 'keep-edits': keepEdits},
    examples: [
      ['confirm', 'verify this boot, ask, write the plan permanently'],
      ['confirm --dry-run', 'verify it and show what would be written'],
    ],
    isTransactional: true,
    load: async () => (await import('./confirm-trial.ts')).confirmTrial,
  }),
  declare({
    name: 'verify',
    summary: 'after the reboot: each promise, kept or not',
    positionals: [],
    options: {
      profile: {
        type: 'string',
        value: 'FILE',
        completes: 'profile',
        summary: 'the promises of this profile, where a script or a person has made it true',
      },
      host: overSsh,
    },
    examples: [
      ['verify', 'exit code 0 when none is broken or pending'],
      ['verify --profile win11.yaml --host root@xcp.example', 'on a host where a script was run'],
    ],
    isTransactional: false,
    load: async () => (await import('./verify.ts')).verify,
  }),
  declare({
    name: 'rollback',
    summary: 'restore to the byte what a run changed',
    positionals: [{name: 'ID', isOptional: true, completes: 'run-id'}],
    options: {
      'dry-run': dryRun,
      yes,
      resume,
      'keep-edits': flag('files that were edited since keep the edit and lose what was applied, which is shown first'),
    },
    examples: [
      ['rollback', 'take the newest run back'],
      ['rollback --dry-run', 'show each byte that would be restored'],
    ],
    elsewhere: {host: 'What a script did on another host is taken back there: `sh host.sh undo`.'},
    isTransactional: true,
    load: async () => (await import('./rollback.ts')).rollback,
  }),
  declare({
    name: 'history',
    summary: 'the runs and what they changed',
    positionals: [],
    options: {prune: flag('remove the journals of runs that are undone, after one confirmation'), yes},
    examples: [
      ['history', 'newest first, with the path of each journal'],
      ['history --prune', 'remove the journals that no rollback can use'],
    ],
    isTransactional: false,
    load: async () => (await import('./history.ts')).history,
  }),
  declare({
    name: 'profile new',
    summary: 'a profile with proposed values for this host',
    positionals: [],
    options: {
      device: {
        type: 'string',
        multiple: true,
        value: 'ADDRESS',
        completes: 'pci-address',
        summary:
          'a PCI function as lspci writes it, or a part of one (0a:00.0/virtfn0, 00:02.0/i915-GVTg_V5_4); may be repeated',
      },
      vcpus: {type: 'string', value: 'N', summary: 'how many vCPUs'},
      memory: {type: 'string', value: 'SIZE', summary: 'the guest memory, 12GiB or 4096MiB'},
      guest: {type: 'string', value: 'NAME', completes: 'guest', summary: 'the name of the guest'},
      os: {type: 'string', value: 'OS', choices: guestSystems, summary: `its system: ${guestSystems.join(', ')}`},
      out,
    },
    examples: [
      ['profile new --device 06:00.0', 'print a profile that gives this card to a guest'],
      ['profile new --device 06:00.0 --vcpus 8 --memory 12GiB --out win11.yaml', 'save it'],
    ],
    isTransactional: false,
    load: async () => (await import('./profile.ts')).createProfile,
  }),
  declare({
    name: 'profile show',
    summary: 'the profile with its defaults',
    positionals: [needsProfile],
    options: {},
    examples: [
      ['profile show win11.yaml', 'what is decided, and what is left to the host'],
      ['profile show win11.yaml --json', 'as JSON'],
    ],
    isTransactional: false,
    load: async () => (await import('./profile.ts')).showProfile,
  }),
  declare({
    name: 'profile check',
    summary: 'its mistakes, then whether it fits this host',
    positionals: [needsProfile],
    options: {},
    examples: [
      ['profile check win11.yaml', 'every mistake with its line and column'],
      ['profile check win11.yaml --root captured', 'does it fit another host?'],
    ],
    isTransactional: false,
    load: async () => (await import('./profile.ts')).checkProfile,
  }),
  declare({
    name: 'profile schema',
    summary: 'a JSON Schema for editors',
    positionals: [],
    options: {},
    examples: [
      ['profile schema > vfio-pilot.schema.json', 'for the YAML plug-in of an editor'],
      ['profile schema', 'every key with its meaning'],
    ],
    isTransactional: false,
    load: async () => (await import('./profile.ts')).showSchema,
  }),
  declare({
    name: 'import',
    summary: 'a profile from a guest that another program keeps; nothing of it is run',
    positionals: [
      {name: 'FROM', choices: importers.map(({name}) => name)},
      {
        name: [...new Set(importers.map(({source}) => source.name))].join('|'),
        missing: 'For example: `vfio-pilot import libvirt win11`, `import proxmox 101`, or `import arcd guest.yaml`.',
        completes: 'guest-or-file',
      },
    ],
    options: {
      out,
      home: {
        type: 'string',
        value: 'DIR',
        completes: 'directory',
        summary: 'arcd: the home of the user who ran it, for paths that begin with ~',
      },
    },
    examples: [
      ['import libvirt win11', 'print a profile of a domain of this host: its devices, pins, pages and features'],
      ['import arcd guest.yaml --home /home/lab --out win10.yaml', 'save one of a file of LibVF.IO’s arcd'],
    ],
    isTransactional: false,
    load: async () => (await import('./import.ts')).importProfile,
  }),
  declare({
    name: 'export',
    summary: `the plan of a profile for another program: ${exportNames(true)}; unproven: ${exportNames(false)}`,
    positionals: [{name: 'FOR', choices: exporters.map(({name}) => name)}, needsProfile],
    options: {host: overSsh},
    examples: [
      ['export kubevirt win10.yaml', 'permitted devices and a VirtualMachine, with what they leave out'],
      [
        'export script win10.yaml --host root@xcp.example',
        'a shell script with check, apply and undo, for a host without this program',
      ],
    ],
    isTransactional: false,
    load: async () => (await import('./export.ts')).exportProfile,
  }),
  declare({
    name: 'guest phase',
    summary: 'move a guest that was set up here between install, prepare and run: its screen, card and media',
    positionals: [
      {name: 'NAME', completes: 'guest', missing: 'Name the guest: `vfio-pilot guest phase win11 run`.'},
      {name: 'PHASE', choices: ['install', 'prepare', 'run']},
    ],
    options: {'dry-run': dryRun, yes, resume, 'keep-edits': keepEdits},
    examples: [
      ['guest phase win11 prepare', 'installed: give it the card, next to the emulated screen, and its drivers'],
      ['guest phase win11 run', 'the card works: take the emulated screen, its keyboard and mouse, and the media away'],
    ],
    isTransactional: true,
    load: async () => (await import('./guest/guest-phase.ts')).guestPhase,
  }),
  declare({
    name: 'guest log',
    summary: 'what the hooks of a guest and QEMU said last: why a start failed',
    positionals: [{name: 'NAME', completes: 'guest', missing: 'Name the guest: `vfio-pilot guest log win11`.'}],
    options: {},
    examples: [
      ['guest log win11', 'the hooks with their times, then the end of QEMU’s log'],
      ['guest log win11 --json', 'the same for a script'],
    ],
    isTransactional: false,
    load: async () => (await import('./guest/guest-log.ts')).guestLog,
  }),
  declare({
    name: 'capture',
    summary: 'the files that facts are read from, scrubbed, for a bug report; over ssh too',
    positionals: [{name: 'FILE.tar.gz', isOptional: true, completes: 'file'}],
    options: {
      host: {
        type: 'string',
        value: 'USER@HOST',
        summary: 'of another host, over your own ssh: it needs a POSIX shell there and no Node (XCP-ng)',
      },
      script: flag('print what --host runs there, and do nothing'),
    },
    examples: [
      ['capture my-host.tar.gz', 'serials, MAC addresses, UUIDs and the host name are replaced'],
      ['capture --host root@xcp.example xcp.tar.gz', 'of a host where this program does not run'],
    ],
    isTransactional: false,
    load: async () => (await import('./capture.ts')).capture,
  }),
  declare({
    name: 'report',
    summary: 'hardware, checks, groups, plan and state as a scrubbed page, to be shown to others',
    positionals: [
      {name: 'FILE', completes: 'file', missing: 'Name a new FILE.md or FILE.html: `vfio-pilot report host.md`.'},
    ],
    options: {
      profile: {type: 'string', value: 'FILE', completes: 'profile', summary: 'with the plan of this profile'},
    },
    examples: [
      ['report host.md', 'Markdown for a forum; serials, addresses, UUIDs and the host name are replaced'],
      ['report host.html --profile win11.yaml', 'one page without scripts, with the map as a picture and the plan'],
    ],
    isTransactional: false,
    load: async () => (await import('./report/report.ts')).report,
  }),
  declare({
    name: 'fleet report',
    summary: 'many hosts: their models, the odd ones out, and on which a profile fits',
    positionals: [
      {
        name: 'DIR|FILE',
        completes: 'file',
        isRepeated: true,
        missing: 'Name a directory of documents of `vfio-pilot facts --json`, or of captures.',
      },
    ],
    options: {
      fit: {
        type: 'string',
        multiple: true,
        value: 'PROFILE',
        completes: 'profile',
        summary: 'on how many hosts this profile fits, is blocked, or differs; may be repeated',
      },
      csv: {type: 'string', value: 'FILE', completes: 'file', summary: 'save a line for each host'},
      html: {type: 'string', value: 'FILE', completes: 'file', summary: 'save the report as one page without scripts'},
    },
    examples: [
      ['fleet report facts/', 'of *.json, *.jsonl, *.tar.gz and host trees in that directory'],
      ['fleet report facts/ --fit win11.yaml --csv hosts.csv', 'with a profile, and a line for each host in a file'],
    ],
    isTransactional: false,
    load: async () => (await import('./fleet/fleet-report.ts')).fleetReport,
  }),
  declare({
    name: 'completion',
    summary: 'a script that completes commands, options, addresses, guests, runs and profiles',
    positionals: [{name: 'SHELL', choices: shells}],
    options: {},
    examples: [
      ['completion bash > vfio-pilot', 'for /usr/share/bash-completion/completions'],
      [
        'completion fish > vfio-pilot.fish',
        'for ~/.config/fish/completions; zsh: as _vfio-pilot in a directory of fpath',
      ],
    ],
    isTransactional: false,
    load: async () => (await import('./completion/completion.ts')).completion,
  }),
  declare({
    name: 'manual',
    summary: 'the manual page, vfio-pilot(8)',
    positionals: [],
    options: {},
    examples: [
      ['manual | man -l -', 'read it'],
      ['manual > vfio-pilot.8', 'for /usr/share/man/man8; npm install --global puts it there'],
    ],
    isTransactional: false,
    load: async () => (await import('./manual/manual.ts')).manual,
  }),
];

/** How `schema` names the document of a command: `profile-check`. */
export const documentName = ({name}: Pick<Verb, 'name'>): string => name.replace(' ', '-');

const schemaVerb: Verb = declare({
  name: 'schema',
  summary: 'a JSON Schema of what a command prints with --json; without a NAME, their names',
  positionals: [
    {name: 'NAME', isOptional: true, choices: [...commands.map(documentName), 'error', 'version', 'demo-list', 'help']},
  ],
  options: {},
  examples: [
    ['schema plan > plan.schema.json', 'the document of `plan --json`'],
    ['schema error', 'what every command prints instead when it fails'],
  ],
  isTransactional: false,
  load: async () => (await import('./schema.ts')).schema,
});

/** Each command once: parsing, refusals, help, completion, the manual and the schemas follow from here. */
export const verbs: readonly Verb[] = [...commands, schemaVerb];
