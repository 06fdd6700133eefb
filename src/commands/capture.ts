import type {Capture} from '../capture/collect-entries.ts';
import {either, integer, listOf, literal, shape, text} from '../decode/decode.ts';
import {UsageError} from '../errors.ts';
import {type Command, exitCodes} from './command.ts';

type Captured =
  | {readonly kind: 'archive'; readonly file: string; readonly entries: number; readonly unreadable: readonly string[]}
  | {readonly kind: 'script'; readonly script: string};

type Document =
  | {
      readonly version: 1;
      readonly file: string;
      readonly entries: number;
      readonly unreadable: readonly string[];
    }
  | {readonly version: 1; readonly script: string};

const captureHost = async (destination: string, file: string): Promise<Capture> => {
  const {captureOver, sshEnvironment} = await import('../capture/remote/remote-capture.ts');
  return captureOver(destination, file, sshEnvironment(process.env, process.geteuid?.() === 0));
};

export const capture: Command<{host?: string; script: boolean}, Captured, Document> = {
  run: async ({host, options, positionals: [file]}) => {
    if (options.script) {
      if (file !== undefined || options.host !== undefined)
        throw new UsageError('--script only prints the script.', 'Leave out the file and --host.');
      return {kind: 'script', script: (await import('../capture/remote/remote-script.ts')).remoteScript()};
    }
    const target = file ?? (options.host === undefined ? null : 'captured-host.tar.gz');
    if (target === null)
      throw new UsageError('The name of the archive is missing.', 'For example: `vfio-pilot capture my-host.tar.gz`.');
    if (options.host !== undefined && !(await host()).isLive)
      throw new UsageError('--host reads another host over ssh, and --root a tree here.', 'Leave one of them out.');
    const {entries, unreadable} =
      options.host === undefined ? await (await host()).capture(target) : await captureHost(options.host, target);
    return {kind: 'archive', file: target, entries: entries.length, unreadable};
  },
  exitCode: () => exitCodes.done,
  document: (captured) =>
    captured.kind === 'script'
      ? {version: 1, script: captured.script}
      : {version: 1, file: captured.file, entries: captured.entries, unreadable: captured.unreadable},
  shape: either<Document>(
    shape<Extract<Document, {file: string}>>({
      version: literal(1),
      file: text,
      entries: integer,
      unreadable: listOf(text),
    }),
    shape<Extract<Document, {script: string}>>({version: literal(1), script: text}),
  ),
  describe: (captured) =>
    captured.kind === 'script'
      ? captured.script
      : `Wrote ${captured.file}: ${captured.entries} entries; serial numbers, MAC addresses, UUIDs and the host name are replaced. Look into it before you send it: tar -tzf ${captured.file}\n`,
  remark: (captured) =>
    captured.kind === 'script' || captured.unreadable.length === 0
      ? ''
      : `Not in it, because this user may not read it: ${captured.unreadable.slice(0, 10).join(', ')}${captured.unreadable.length > 10 ? ` and ${captured.unreadable.length - 10} more` : ''}. As root the capture is complete.\n`,
};
