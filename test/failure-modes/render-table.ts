import type {FailureMode} from './failure-mode.ts';
import {findTests} from './find-tests.ts';
import {hostEvidence} from './host-evidence.ts';
import {failureModes} from './table.ts';

/** Text of the README next to this. */
export const renderTable = (): string => {
  const tests = findTests();
  return `# ${failureModes.length} ways in which real set-ups break

Made from \`table.ts\` by \`npx vitest run test/failure-modes -u\`; edit that. Each number is in the titles of the tests that show what becomes of it (\`failure mode 7: …\`); a number without a test fails.

- **prevented**: nothing that is written can do it
- **blocked**: nothing is applied before the user changes something
- **told**: a finding or a check, before anything is written
- **verified**: \`vfio-pilot verify\` sees it after the reboot
- **not served**: outside of what the program does; it says so, or leaves what is there alone

Hosts are trees in \`test/hosts\` (*: with files changed as \`host-evidence.ts\` says), scenarios those of \`test/lab\`; all other trees are made in the tests themselves.

| # | what | here | how | finding · check · promise | shown by | tests |
|---|---|---|---|---|---|---|
${failureModes.map((mode) => renderRow(mode, tests.get(mode.number) ?? [])).join('\n')}
`;
};

const renderRow = (mode: FailureMode, tests: readonly string[]): string => {
  const names = [
    ...(mode.codes ?? []),
    ...(mode.checks ?? []).map((id) => `check ${id}`),
    ...(mode.promises ?? []).map((id) => `promise ${id}`),
  ];
  const shown = [
    ...new Set(
      hostEvidence
        .filter(({number}) => number === mode.number)
        .map(({host, changed}) => (changed === undefined ? host : `${host}*`)),
    ),
    ...(mode.scenarios ?? []).map((name) => `lab: ${name}`),
  ];
  const cells = [
    mode.number,
    [mode.what, ...(mode.sources ?? []).map((url) => `[source](${url})`)].join(' '),
    mode.handled.join(', '),
    mode.how,
    names.join(', '),
    shown.join(', '),
    tests.map((file) => `[${file.replace(/^.*\/|(?:\.deep)?\.test\.tsx?$/g, '')}](../${file})`).join(', '),
  ];
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
};
