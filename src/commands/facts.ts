import type {HostFacts} from '../host/facts.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeFacts} from './describe-facts.ts';
import {openHost} from './open-host.ts';

export const facts = async (context: CommandContext): Promise<number> => {
  const {facts: host} = await openHost(context);
  context.out(context.options.isJson ? `${JSON.stringify(withoutTexts(host))}\n` : describeFacts(host));
  return exitCodes.done;
};

/** Configuration files can hold secrets (passwords in domain XML): their fingerprints are facts enough. */
const withoutTexts = (host: HostFacts): unknown => ({
  ...host,
  files: Object.fromEntries(Object.entries(host.files).map(([path, {text: _text, stamp: _stamp, ...file}]) => [path, file])),
  libvirt: {...host.libvirt, domains: host.libvirt.domains.map(({xml: _xml, ...domain}) => domain)},
});
