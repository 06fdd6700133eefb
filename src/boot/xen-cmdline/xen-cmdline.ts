import {type AnswerEffect, plainAnswer} from '../../artifacts/answer.ts';
import type {CommandArtifact} from '../../artifacts/artifact.ts';
import type {Rendered} from '../../artifacts/rendered.ts';
import type {OwnBootFacts, XenMenuFacts} from '../../facts/boot.ts';
import {looksAt} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {parseXenMenu} from '../../formats/boot-entry/xen-menu.ts';
import {keyOf, splitKernelLine} from '../../formats/kernel-line/tokens.ts';
import {noImages} from '../../image/image-system.ts';
import type {KernelArgumentPlan, Plan} from '../../plan/plan.ts';
import {type BootChain, type BootReading, type ChainPromise, nothingLater, plainLoader} from '../boot-chain.ts';

const inventory = '/etc/xensource-inventory';
const program = '/opt/xensource/libexec/xen-cmdline';

/** In the order in which the program looks for it (python-libs: xcp/bootloader.py): the first that is there is changed, and no other. */
const menus = ['/boot/efi/EFI/xenserver/grub.cfg', '/boot/grub/grub.cfg', '/boot/grub2/grub.cfg'];

/** The entry that starts by default is called like the product. Safe mode and the fallback entries keep what they have. */
const readMenu = ({source}: BootReading): XenMenuFacts => {
  const brand = /^PRODUCT_BRAND='([^']*)'$/m.exec(source.text(inventory) ?? '')?.[1];
  const path = menus.find(source.exists) ?? null;
  const found = parseXenMenu(path === null ? '' : (source.text(path) ?? '')).find(({title}) => title === brand);
  return {
    kind: 'xen-menu',
    path,
    entry: found === undefined ? null : {hypervisor: found.hypervisor, kernel: found.kernel},
  };
};

const menuOf = (own: OwnBootFacts | null): XenMenuFacts =>
  own?.kind === 'xen-menu' ? own : {kind: 'xen-menu', path: null, entry: null};

/**
 * XCP-ng and XenServer: grub.cfg is the source itself, and xen-cmdline edits it, for Xen and for dom0. It is asked for one
 * key at a time, as with two it doubles the rest of the line; it ends with 0 whatever happens, so each value is read back.
 */
const render = ({boot}: HostFacts, plan: Plan): Rendered => {
  const {entry} = menuOf(boot.own);
  const lines = [
    {side: 'dom0', wanted: plan.kernelArguments, present: entry?.kernel ?? ''},
    {side: 'xen', wanted: plan.hypervisorArguments, present: entry?.hypervisor ?? ''},
  ] as const;
  const isNeeded = lines.some(({wanted}) => (wanted?.add.length ?? 0) > 0);
  if (entry === null)
    return {
      artifacts: [],
      findings: isNeeded
        ? [
            {
              code: 'command-line-not-editable',
              severity: 'blocker',
              subject: menus[1] ?? '',
              message: `No entry that is called like the product was found in ${menus.join(', ')}, so what dom0 is started with is unknown.`,
              remedy: 'Capture the host again, as root. Is there a menuentry with a multiboot2 line?',
            },
          ]
        : [],
    };
  return {
    artifacts: lines.flatMap(({side, wanted, present}) => (wanted === null ? [] : commands(side, wanted, present))),
    findings: [],
  };
};

const commands = (
  side: 'dom0' | 'xen',
  {add, remove, ownedKeys}: KernelArgumentPlan,
  present: string,
): readonly CommandArtifact[] => {
  const {tokens} = splitKernelLine(present);
  const words = tokens.map(({text}) => text);
  // The kernel takes - and _ for the same, and the program does not.
  const touched = new Set([...ownedKeys, ...[...add, ...remove].map(({text}) => text)].map(keyOf));
  const keys = [...words.filter((word) => touched.has(keyOf(word))), ...add.map(({text}) => text)].map(spelled);
  return [...new Set(keys)].flatMap((key): readonly CommandArtifact[] => {
    const before = words.filter((word) => spelled(word) === key);
    const after = add.filter(({text}) => spelled(text) === key);
    if (before.join('\n') === after.map(({text}) => text).join('\n')) return [];
    const [wanted] = after;
    return [
      {
        kind: 'command',
        argv: change(side, key, wanted?.text),
        // The program takes one word for a key. It writes blanks in it unchanged, so several old words go back together.
        undo: change(side, key, before.length === 0 ? undefined : before.join(' ')),
        triggers: [],
        timeoutSeconds: 60,
        effect: {
          ...plainAnswer,
          kind: 'answer',
          ask: [program, `--get-${side}`, key],
          alive: null,
          before: before.join('\n'),
          after: wanted?.text ?? '',
        } satisfies AnswerEffect,
        why: [
          wanted?.because ?? remove.find(({text}) => spelled(text) === key)?.because ?? 'this plan does not need it',
        ],
      },
    ];
  });
};

const spelled = (word: string): string => word.split('=', 1)[0] ?? word;

const change = (side: 'dom0' | 'xen', key: string, word: string | undefined): readonly [string, ...string[]] =>
  word === undefined ? [program, `--delete-${side}`, key] : [program, `--set-${side}`, word];

/** pciback is built into dom0's kernel, so no image needs it. */
const maker = noImages('script');

/** A fallback entry has the card back in dom0. */
const promises = ({boot}: HostFacts, plan: Plan): readonly ChainPromise[] => {
  const {path, entry} = menuOf(boot.own);
  const lines = [
    {line: entry?.kernel, wanted: plan.kernelArguments},
    {line: entry?.hypervisor, wanted: plan.hypervisorArguments},
  ];
  const missing = lines.flatMap(({line, wanted}) =>
    (wanted?.add ?? []).map(({text}) => text).filter((text) => !(line ?? '').split(/\s+/).includes(text)),
  );
  if (lines.every(({wanted}) => (wanted?.add.length ?? 0) === 0)) return [];
  return [
    {
      status: entry === null ? 'unknown' : missing.length === 0 ? 'kept' : 'broken',
      promise: 'The entry that starts by default has the arguments of Xen and dom0.',
      fact:
        entry === null
          ? 'grub.cfg is not there, or can’t be read.'
          : missing.length === 0
            ? `They are in ${path ?? 'grub.cfg'}.`
            : `It lacks ${missing.join(' ')}.`,
      remedy: missing.length === 0 ? null : 'Was the host upgraded from an ISO? Make a new plan of a new capture.',
    },
  ];
};

export const xenCmdline: BootChain = {
  name: 'xen-cmdline',
  detection: {
    ...plainLoader,
    evidence: ({source}) =>
      source.exists(inventory)
        ? [
            {
              loader: 'xen-cmdline',
              strength: 'system',
              sentence: `${inventory} exists: xen-cmdline keeps the arguments of Xen and dom0 in grub.cfg.`,
            },
          ]
        : [],
  },
  files: [
    looksAt('/etc', 'xensource-inventory', 'xapi-inventory'),
    looksAt('/boot/efi/EFI/xenserver', 'grub.cfg', 'xen-menu'),
    looksAt('/boot/grub', 'grub.cfg', 'xen-menu'),
    looksAt('/boot/grub2', 'grub.cfg', 'xen-menu'),
  ],
  readOwn: readMenu,
  nextArguments: (_, own) => {
    const {entry} = menuOf(own);
    return entry === null ? null : [entry.kernel];
  },
  writer: {
    render,
    rendersWholeHost: false,
    maker,
    makesImagePerEntry: false,
    hypervisorLines: (_, own) => {
      const {entry} = menuOf(own);
      return entry === null ? [] : [entry.hypervisor];
    },
    keptFiles: () => [],
    promises,
    later: nothingLater,
    trial: null,
    provenBy: [],
  },
  lineEdit: () => null,
  byHand: () => `With ${program} --set-dom0, one key a call`,
};
