import type {Finding} from '../../../src/findings/finding.ts';
import {
  editGrubDefaults,
  type GrubLine,
  positionAt,
  readGrubDefaults,
} from '../../../src/boot/grub/edit-grub-defaults.ts';
import {isObstacle} from '../../../src/boot/grub/grub-variable.ts';

export type GrubToken = {
  readonly text: string;
  /** Where it is written; `null` when it comes from another variable. */
  readonly at: {readonly line: number; readonly column: number} | null;
};

export type GrubCommandLine = {
  /** GRUB_CMDLINE_LINUX: every entry, recovery included. `null`: not set. */
  readonly linux: readonly GrubToken[] | null;
  /** GRUB_CMDLINE_LINUX_DEFAULT: normal entries. `null`: not set. */
  readonly linuxDefault: readonly GrubToken[] | null;
};

/** The kernel arguments that take effect when the shell has read the file; a finding where that is unknown. */
export const readGrubCommandLine = (
  text: string,
  file: string,
): {readonly ok: true; readonly commandLine: GrubCommandLine} | {readonly ok: false; readonly finding: Finding} => {
  const reading = readGrubDefaults(text);
  if (isObstacle(reading)) {
    const refused = editGrubDefaults(text, {add: [], remove: [], ownedKeys: []}, file);
    if (!refused.ok) return refused;
    throw new Error(`${file} can be edited but not read`);
  }
  return {
    ok: true,
    commandLine: {linux: tokensOf(text, file, reading.linux), linuxDefault: tokensOf(text, file, reading.linuxDefault)},
  };
};

const tokensOf = (text: string, file: string, {variable, line}: GrubLine): readonly GrubToken[] | null =>
  variable.base === null
    ? null
    : line.tokens.map((token) => {
        const offset = variable.starts[token.start] ?? -1;
        const {line: number, column} = positionAt(text, Math.max(offset, 0), file);
        return {text: token.text, at: offset < 0 ? null : {line: number, column}};
      });
