import {listOf, literal, nullable, shape, text} from '../../decode/decode.ts';
import {NoRightsError, UsageError} from '../../errors.ts';
import type {GuestLog} from '../../hosts/host.ts';
import {printable} from '../../words/printable.ts';
import {type Command, exitCodes} from '../command.ts';

type Result = GuestLog & {readonly name: string};
type Document = GuestLog & {readonly version: 1; readonly name: string};

/** Why a start failed: what our hooks said, and what QEMU said. */
export const guestLog: Command<unknown, Result, Document> = {
  run: async ({positionals: [name = ''], host}) => {
    // It becomes a part of a path.
    if (name.includes('/'))
      throw new UsageError(`${printable(name)} is no name of a guest.`, '`virsh list --all` shows their names.');
    const opened = await host();
    const log = await opened.guestLog(name);
    if (log.guest === null && (log.hooks ?? []).length === 0) {
      if (!opened.mayWrite)
        throw new NoRightsError(
          `Nothing about ${name} may be read by this user.`,
          'Run it again with sudo: the logs of guests are for root.',
        );
      throw new UsageError(
        `There is no log of a guest called ${name}.`,
        'It was not started yet, or has another name: `virsh list --all` shows them.',
      );
    }
    return {...log, name};
  },
  exitCode: () => exitCodes.done,
  document: ({name, hooks, guest}) => ({version: 1, name, hooks, guest}),
  shape: shape<Document>({
    version: literal(1),
    name: text,
    hooks: nullable(listOf(shape<NonNullable<GuestLog['hooks']>[number]>({time: text, text}))),
    guest: nullable(shape<NonNullable<GuestLog['guest']>>({path: text, lines: listOf(text)})),
  }),
  describe: ({hooks, guest}) =>
    [
      'Hooks of vfio-pilot (journal of systemd):',
      ...(hooks === null
        ? ['  unknown: the journal can only be asked on the machine itself']
        : hooks.length === 0
          ? ['  nothing']
          : hooks.map((entry) => `  ${entry.time}  ${printable(entry.text)}`)),
      '',
      ...(guest === null
        ? ['QEMU: no log, or only root may read it.']
        : [`QEMU (${guest.path}):`, ...guest.lines.map((line) => `  ${printable(line)}`)]),
      '',
    ].join('\n'),
};
