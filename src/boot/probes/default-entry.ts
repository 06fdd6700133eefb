import {probeOf} from '../../artifacts/ports.ts';
import {listOf, literal, shape, text} from '../../decode/decode.ts';

/** `bootctl list` ran, and one of these entries is the default; for another one the user is warned. */
export type DefaultEntryEffect = {readonly kind: 'default-entry'; readonly ids: readonly string[]};

const effectShape = shape<DefaultEntryEffect>({kind: literal('default-entry'), ids: listOf(text)});

export const defaultEntryProbe = probeOf(effectShape, {
  check: ({warn}, {ids}, stdout) => {
    const found = parseDefaultEntry(stdout);
    if (found === null || ids.includes(found)) return;
    warn(`The boot loader starts ${found} by default. Choose ${ids.join(' or ')} in its menu at the next boot.`);
  },
  whenFailed: 'Which entry the boot loader starts by default could not be read back',
});

/** Id of the entry that `bootctl list` calls the default; `null` where it calls none so (systemd: bootctl(1)). */
const parseDefaultEntry = (stdout: string): string | null => {
  const lines = stdout.split('\n');
  const title = lines.findIndex((line) => /^\s*title: .*\(default\)/.test(line));
  if (title === -1) return null;
  return /^\s*id: (\S.*?)\s*$/.exec(lines.slice(title).find((line) => /^\s*id: /.test(line)) ?? '')?.[1] ?? null;
};
