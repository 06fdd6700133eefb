// A stand-in for xen-cmdline of XCP-ng, our own code, after what the real one was seen to do with a sample grub.cfg.
import {readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const [root, option = '', ...words] = process.argv.slice(2);
const menus = ['/boot/efi/EFI/xenserver/grub.cfg', '/boot/grub/grub.cfg', '/boot/grub2/grub.cfg'];
const read = (path) => {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return null;
  }
};
const path = menus.find((one) => read(one) !== null);
const brand = /^PRODUCT_BRAND='(.*)'$/m.exec(read('/etc/xensource-inventory') ?? '')?.[1];
const [, verb, side] = /^--(get|set|delete)-(xen|dom0)$/.exec(option) ?? [];
// Whatever it is given, it ends with 0 and says nothing of it.
if (verb === undefined || path === undefined || words.length === 0) process.exit(0);

const keyOf = (word) => word.split('=', 1)[0];
let title = '';
let seen = {xen: false, dom0: false};
const lines = read(path)
  .split('\n')
  .map((text) => {
    const [, found] = /^\s*menuentry '([^']*)'/.exec(text) ?? [];
    if (found !== undefined) {
      title = found;
      seen = {xen: false, dom0: false};
    }
    const [, start, given] = /^(\s*(?:multiboot2|module2) \S+)(.*)$/.exec(text) ?? [];
    if (start === undefined) return {text};
    const what = text.includes('multiboot2') ? 'xen' : 'dom0';
    const isFirst = !seen[what];
    seen[what] = true;
    return {text, start, args: given.trim().split(/\s+/), isOurs: what === side && isFirst, title};
  });

if (verb === 'get') {
  const line = lines.find((one) => one.isOurs && one.title === brand);
  console.log(words.flatMap((key) => (line?.args ?? []).filter((word) => keyOf(word) === key)).join('\n'));
  process.exit(0);
}
const next = lines.map((line) => {
  if (!line.isOurs || (line.title !== brand && !line.title.endsWith('(Serial)'))) return line.text;
  // With more than one key the rest of the line is there once for each: the filter of the real one is the wrong way round.
  const kept = words.flatMap((word) => line.args.filter((one) => keyOf(one) !== keyOf(word)));
  return `${line.start} ${[...kept, ...(verb === 'set' ? words : [])].join(' ')}`;
});
writeFileSync(join(root, `${path}.new`), next.join('\n'));
renameSync(join(root, `${path}.new`), join(root, path));
