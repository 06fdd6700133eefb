import {judgeOwnedFile, ownHeader} from '../../artifacts/rendered.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {Finding} from '../../findings/finding.ts';
import {parseShellScript} from '../../formats/shell/parse.ts';
import {ShellSyntaxError} from '../../formats/shell/script.ts';
import type {Plan} from '../../plan/plan.ts';
import {grubDefaultsPath, grubDropInDirectory, grubDropInPath, type GrubTarget} from './choose-grub-target.ts';
import {isUnconditional} from './grub-variable.ts';

type Files = Readonly<Record<string, FileFacts>>;

/**
 * The two lines of the entries that 20_linux_xen makes: Xen's own arguments, and those of the kernel above it, which
 * `…_XEN_REPLACE_DEFAULT` replaces and does not add to. All of it goes into a drop-in of our own, which is read last, so
 * that what others have set comes before it: of an argument that is there twice, Xen and the module take the last one.
 */
export const chooseHypervisorTarget = (files: Files, plan: Plan): GrubTarget => {
  const kernel = plan.kernelArguments.add.map(({text}) => text);
  const hypervisor = (plan.hypervisorArguments?.add ?? []).map(({text}) => text);
  const isNeeded = kernel.length + hypervisor.length > 0;
  const findings = [
    ...(isNeeded && !hasDropInDirectory(files) ? [noDropIns(kernel, hypervisor)] : []),
    ...[...kernel, ...hypervisor].filter((text) => !safe.test(text)).map(unsafe),
    ...optional(judgeOwnedFile(files[grubDropInPath], grubDropInPath)),
    ...laterDropIns(files),
    ...notDefault(files),
  ];
  if (findings.some(({severity}) => severity === 'blocker') || !isNeeded)
    return {files: [], isDropInStale: !isNeeded && files[grubDropInPath] !== undefined, effective: [], findings};
  const text = [
    ownHeader('#', plan.profile),
    ...(hypervisor.length === 0
      ? []
      : [`GRUB_CMDLINE_XEN_DEFAULT="$GRUB_CMDLINE_XEN_DEFAULT ${hypervisor.join(' ')}"\n`]),
    ...(kernel.length === 0
      ? []
      : [
          `GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT="\${GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT:-$GRUB_CMDLINE_LINUX_DEFAULT} ${kernel.join(' ')}"\n`,
        ]),
  ].join('');
  const isSame = files[grubDropInPath]?.text === text;
  return {
    files: isSame ? [] : [{path: grubDropInPath, text, encoding: 'utf8'}],
    isDropInStale: false,
    effective: [...hypervisor, ...kernel],
    findings,
  };
};

/** Passes through sh in double quotes, through grub.cfg and to the kernel; a `;` would end GRUB's line. */
const safe = /^[A-Za-z0-9_.:=,@/+%()-]+$/;

const optional = (finding: Finding | null): readonly Finding[] => (finding === null ? [] : [finding]);

const hasDropInDirectory = (files: Files): boolean =>
  Object.keys(files).some((path) => path === grubDropInDirectory || path.startsWith(`${grubDropInDirectory}/`));

const noDropIns = (kernel: readonly string[], hypervisor: readonly string[]): Finding => ({
  code: 'boot-chain-unsupported',
  severity: 'blocker',
  subject: 'kernelArguments',
  message: `This GRUB reads no drop-ins (there is no ${grubDropInDirectory}), and this version writes the arguments of Xen's entry nowhere else.`,
  remedy: `In ${grubDefaultsPath}, append ${kernel.join(' ')} to GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT (begin it with what GRUB_CMDLINE_LINUX_DEFAULT has, which it replaces)${hypervisor.length === 0 ? '' : `, and ${hypervisor.join(' ')} to GRUB_CMDLINE_XEN_DEFAULT`}; then make grub.cfg anew.`,
});

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

const plainValues = (text: string, name: string): readonly string[] => {
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
    .flatMap(({text}) => names.flatMap((name) => plainValues(text ?? '', name)));
