import {judgeOwnedFile, judgeReadable, oneLine, ownHeader} from '../../artifacts/rendered.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {Finding} from '../../findings/finding.ts';
import {hasDamagedBlock, withOwnBlock, withoutOwnBlock} from '../../formats/own-block.ts';
import {parseShellScript} from '../../formats/shell/parse.ts';
import {ShellSyntaxError} from '../../formats/shell/script.ts';
import type {Plan} from '../../plan/plan.ts';
import {
  grubDefaultsPath,
  grubDropInDirectory,
  grubDropInPath,
  type GrubTarget,
  hasDropInDirectory,
  missingFile,
} from './choose-grub-target.ts';
import {positionAt} from './edit-grub-defaults.ts';
import {isUnconditional} from './grub-variable.ts';
import {listWords} from '../../words/list-words.ts';

type Files = Readonly<Record<string, FileFacts>>;

/**
 * The two lines of the entries that 20_linux_xen makes: Xen's own arguments, and those of the kernel above it, which
 * `…_XEN_REPLACE_DEFAULT` replaces and does not add to. All of it goes into a drop-in of our own, or, where GRUB reads
 * none, behind the last line of its settings: what others have set comes before it, and of an argument that is there
 * twice, Xen and the module take the last one.
 */
export const chooseHypervisorTarget = (files: Files, plan: Plan): GrubTarget => {
  const kernel = plan.kernelArguments.add.map(({text}) => text);
  const hypervisor = (plan.hypervisorArguments?.add ?? []).map(({text}) => text);
  const isNeeded = kernel.length + hypervisor.length > 0;
  const place = hasDropInDirectory(files) ? inDropIn(files, plan) : inMain(files, plan);
  const findings = [
    ...optional(judgeChainloading(files, plan)),
    ...place.findings,
    ...[...kernel, ...hypervisor].filter((text) => !safe.test(text)).map(unsafe),
    ...laterDropIns(files),
    ...notDefault(files),
  ];
  const isBlocked = findings.some(({severity}) => severity === 'blocker');
  const lines = isNeeded && !isBlocked ? linesOf(kernel, hypervisor) : '';
  const text = isBlocked ? null : place.textWith(lines);
  return {
    files:
      text === null || text === (files[place.path]?.text ?? '')
        ? []
        : [{path: place.path, text, encoding: files[place.path]?.encoding ?? 'utf8'}],
    isDropInStale: !isNeeded && files[grubDropInPath] !== undefined,
    effective: lines === '' ? [] : [...hypervisor, ...kernel],
    findings,
  };
};

const linesOf = (kernel: readonly string[], hypervisor: readonly string[]): string =>
  [
    ...(hypervisor.length === 0
      ? []
      : [`GRUB_CMDLINE_XEN_DEFAULT="$GRUB_CMDLINE_XEN_DEFAULT ${hypervisor.join(' ')}"\n`]),
    ...(kernel.length === 0
      ? []
      : [
          `GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT="\${GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT:-$GRUB_CMDLINE_LINUX_DEFAULT} ${kernel.join(' ')}"\n`,
        ]),
  ].join('');

/** For a host where nothing is written: what a person writes. */
export const linesByHand = ({kernelArguments, hypervisorArguments}: Plan): string => {
  const textOf = (list: readonly {readonly text: string}[]): string[] => list.map(({text}) => text);
  const lines = linesOf(textOf(kernelArguments.add), textOf(hypervisorArguments?.add ?? []));
  return listWords(lines.trim().split('\n'));
};

/**
 * openSUSE on UEFI: 20_linux_xen has GRUB start xen.efi with a file of arguments, and writes that file and copies of
 * kernels and images to the EFI partition while grub-mkconfig runs (grub2-efi-xen-chainload.patch), whatever its output.
 */
const judgeChainloading = (files: Files, plan: Plan): Finding | null => {
  const path = Object.keys(files).find((one) => /^\/boot\/grub2\/xen[^/]*\.cfg$/.test(one));
  return path === undefined
    ? null
    : {
        code: 'xen-chainloaded',
        severity: 'blocker',
        subject: path,
        message: `GRUB starts Xen with the arguments in ${path}, and grub2-mkconfig copies that file, kernels and images to the EFI partition. This version can't take that back, so it writes none of it.`,
        remedy: `Add at the end of ${grubDefaultsPath}: ${linesByHand(plan)}. Then run \`grub2-mkconfig -o /boot/grub2/grub.cfg\`.`,
      };
};

type Place = {
  readonly path: string;
  readonly findings: readonly Finding[];
  /** `null`: nothing is to be there. */
  readonly textWith: (lines: string) => string | null;
};

const inDropIn = (files: Files, {profile}: Plan): Place => ({
  path: grubDropInPath,
  findings: optional(judgeOwnedFile(files[grubDropInPath], grubDropInPath)),
  textWith: (lines) => (lines === '' ? null : `${ownHeader('#', profile)}${lines}`),
});

const inMain = (files: Files, {profile}: Plan): Place => {
  const main = files[grubDefaultsPath];
  const text = main?.text ?? '';
  return {
    path: grubDefaultsPath,
    findings: main === undefined ? [missingFile] : optional(judgeReadable(main) ?? judgeMain(text)),
    textWith: (lines) => (lines === '' ? withoutOwnBlock(text) : withOwnBlock(text, lines, oneLine(profile))),
  };
};

/** Lines behind a quote that is not closed would be a part of it. */
const judgeMain = (text: string): Finding | null => {
  if (hasDamagedBlock(text))
    return {
      code: 'file-foreign',
      severity: 'blocker',
      subject: grubDefaultsPath,
      message: `${grubDefaultsPath} has only one of the two marks "# BEGIN vfio-pilot" and "# END vfio-pilot", or has them twice.`,
      remedy: 'Remove the lines that vfio-pilot wrote, with the marks, then run the command again.',
    };
  try {
    parseShellScript(text);
    return null;
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    return {
      code: 'grub-not-editable',
      severity: 'blocker',
      subject: grubDefaultsPath,
      at: positionAt(text, error.offset, grubDefaultsPath),
      message: `${grubDefaultsPath} can't be read as a shell script: ${error.message}.`,
      remedy: 'Correct it, then run the command again.',
    };
  }
};

/** Passes through sh in double quotes, through grub.cfg and to the kernel; a `;` would end GRUB's line. */
const safe = /^[A-Za-z0-9_.:=,@/+%()-]+$/;

const optional = (finding: Finding | null): readonly Finding[] => (finding === null ? [] : [finding]);

const unsafe = (text: string): Finding => ({
  code: 'grub-not-editable',
  severity: 'blocker',
  subject: grubDropInPath,
  message: `The argument ${text} has a character that GRUB or the shell would take for its own.`,
  remedy: 'Take it out of the profile, or write it by hand.',
});

const laterDropIns = (files: Files): readonly Finding[] =>
  Object.values(files)
    .filter(
      ({path, text}) =>
        path.startsWith(`${grubDropInDirectory}/`) &&
        path.endsWith('.cfg') &&
        path > grubDropInPath &&
        /^[^#\n]*GRUB_CMDLINE_(?:LINUX_)?XEN/m.test(text ?? ''),
    )
    .map(({path}) => ({
      code: 'grub-overridden',
      severity: 'blocker',
      subject: path,
      message: `${path} is read after ${grubDropInPath} and sets arguments of Xen's entry again.`,
      remedy: 'Rename that file so that it sorts before ours.',
    }));

/** Debian and its kin start Xen by default unless this is 0 (xen-hypervisor-common: xen.cfg). */
const notDefault = (files: Files): readonly Finding[] => {
  const values = Object.values(files)
    .filter(({path}) => path === grubDefaultsPath || path.startsWith(`${grubDropInDirectory}/`))
    .flatMap(({path, text}) => plainValues(text ?? '', 'XEN_OVERRIDE_GRUB_DEFAULT').map((value) => ({path, value})));
  const last = values.at(-1);
  return last === undefined || last.value !== '0'
    ? []
    : [
        {
          code: 'xen-entry-not-default',
          severity: 'warning',
          subject: last.path,
          message: `${last.path} has XEN_OVERRIDE_GRUB_DEFAULT=0, so the entry that GRUB starts by default may be the one without Xen. There, the card stays with the host.`,
          remedy: 'Choose the entry "with Xen hypervisor" at the next boot, or set it to 1.',
        },
      ];
};

export const plainValues = (text: string, name: string): readonly string[] => {
  try {
    return parseShellScript(text)
      .assignments.filter((assignment) => assignment.name === name && isUnconditional(assignment))
      .map(({value}) => value.text);
  } catch (error) {
    if (error instanceof ShellSyntaxError) return [];
    throw error;
  }
};

/** What the files give to the kernel of Xen's entries alone, our own drop-in left out. */
export const xenKernelLines = (files: Files): readonly string[] =>
  foreignValues(files, ['GRUB_CMDLINE_LINUX_XEN_REPLACE', 'GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT']);

/** Likewise to Xen itself. */
export const hypervisorLines = (files: Files): readonly string[] =>
  foreignValues(files, ['GRUB_CMDLINE_XEN', 'GRUB_CMDLINE_XEN_DEFAULT']);

const foreignValues = (files: Files, names: readonly string[]): readonly string[] =>
  Object.values(files)
    .filter(
      ({path}) => path === grubDefaultsPath || (path.startsWith(`${grubDropInDirectory}/`) && path !== grubDropInPath),
    )
    .flatMap(({text}) => names.flatMap((name) => plainValues(withoutOwnBlock(text ?? ''), name)));
