import {readFileSync, writeFileSync} from 'node:fs';

/** The boot chains that a scenario starts, as docs/boot-chains.md names them. */
export const provenBy = {
  'GRUB with initramfs-tools': 'whole-life',
  'GRUB with dracut': 'dracut',
  'systemd-boot with initramfs-tools': 'systemd-boot',
  'unified kernel images with initramfs-tools and ukify': 'unified-image',
  'a trial with GRUB': 'trial',
  'a trial with systemd-boot': 'trial-systemd-boot',
};

const [begin, end] = ['<!-- lab: written by npm run test:lab -- --all -->', '<!-- /lab -->'];

/** `rows`: of results.md, by scenario. */
export const renderProof = (rows) => {
  const lines = Object.entries(provenBy).map(([chain, scenario]) => {
    const [, , commit, result, , date] = (rows.get(scenario) ?? '').split('|').map((cell) => cell.trim());
    return `| ${chain} | \`${scenario}\` | ${date === undefined ? 'not recorded' : `${result}, ${date}, commit ${commit}`} |`;
  });
  return [begin, '| boot chain | scenario | what last ran |', '|---|---|---|', ...lines, end].join('\n');
};

/** Puts the table between its two marks; everything around it stays. */
export const writeProof = (page, rows) => {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${page} has no place for the table: ${begin}`);
  writeFileSync(page, `${text.slice(0, from)}${renderProof(rows)}${text.slice(to + end.length)}`);
};
