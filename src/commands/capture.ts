import {writeCapture} from '../capture/write-capture.ts';
import {UsageError} from '../errors.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {chooseRoot, openSourceOf} from './open-host.ts';

export const capture = async (context: CommandContext): Promise<number> => {
  const [file] = context.options.positionals;
  if (file === undefined) throw new UsageError('capture needs the file to write.', 'For example: vfio-pilot capture my-host.tar.gz.');
  const source = await openSourceOf(await chooseRoot(context));
  const {entries, unreadable} = await writeCapture(source, file);
  if (context.options.isJson) context.out(`${JSON.stringify({version: 1, file, entries: entries.length})}\n`);
  else context.out(`Wrote ${file}: ${entries.length} entries; serial numbers, MAC addresses, UUIDs and the host name are replaced. Look into it before you send it: tar -tzf ${file}\n`);
  if (unreadable.length > 0) context.err(`Not in it, because this user may not read it: ${unreadable.slice(0, 10).join(', ')}${unreadable.length > 10 ? ` and ${unreadable.length - 10} more` : ''}. As root the capture is complete.\n`);
  return exitCodes.done;
};
