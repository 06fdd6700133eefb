import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export type Sourced = {
  readonly linux: string;
  readonly linuxDefault: string;
  readonly others: string;
  readonly status: string;
};

/**
 * What dash itself makes of each file. One process for all of them, a subshell for each; `others` is every other
 * variable that is set then, `status` tells whether the shell got to the end.
 */
export const sourceWithDash = (texts: readonly string[]): readonly Sourced[] => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-dash-'));
  try {
    for (const [index, text] of texts.entries()) writeFileSync(join(directory, String(index)), text, 'latin1');
    writeFileSync(join(directory, 'run'), script);
    const output = execFileSync('/bin/dash', [join(directory, 'run'), directory, String(texts.length)], {
      encoding: 'latin1',
      maxBuffer: 1 << 30,
      env: {PATH: '/nonexistent'},
      cwd: directory,
    });
    return output.split('\x01END\x02').slice(0, -1).map(parseRecord);
  } finally {
    rmSync(directory, {recursive: true});
  }
};

const script = `directory=$1; count=$2; i=0
while [ "$i" -lt "$count" ]; do
  (
    file=$directory/$i
    unset directory count i
    set --
    exec 2>/dev/null
    { . "$file"; } < /dev/null > /dev/null
    printf '%s\\001D\\002%s\\001L\\002%s\\001' "$?" "\${GRUB_CMDLINE_LINUX_DEFAULT-unset}" "\${GRUB_CMDLINE_LINUX-unset}"
    unset GRUB_CMDLINE_LINUX GRUB_CMDLINE_LINUX_DEFAULT file
    set
  )
  printf '\\001END\\002'
  i=$((i+1))
done
`;

const parseRecord = (record: string): Sourced => {
  const [status = '', linuxDefault = '', linux = '', others = ''] = record.split(/\x01[DL]?\x02?/);
  return {
    status,
    linuxDefault,
    linux,
    others: others
      .split('\n')
      .filter((line) => !/^(?:_|LINENO|PPID|OPTIND|PWD|OLDPWD)=/.test(line))
      .join('\n'),
  };
};

export const words = (value: string): readonly string[] => value.split(/[ \t\n\v\f\r]+/).filter((word) => word !== '');
