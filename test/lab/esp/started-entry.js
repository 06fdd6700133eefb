/**
 * Which entry systemd-boot would start on its own, by what lies on the EFI partition alone, written after its source and not
 * after this project's (systemd 252: src/boot/efi/boot.c, config_entry_add_type1 and config_entry_compare). `files`: lower-case
 * path → bytes. `null` when there is none.
 */
export const startedEntry = (files) => {
  const entries = [...files].flatMap(([path, bytes]) =>
    /^\/loader\/entries\/[^./][^/]*\.conf$/.test(path) ? [parseEntry(path, bytes)] : [],
  );
  // An entry that names no kernel, or one that is not there, is not shown.
  return entries.filter(({kernel}) => kernel !== null && files.has(kernel)).sort(compareEntries)[0] ?? null;
};

const parseEntry = (path, bytes) => {
  const lines = bytes
    .toString('latin1')
    .split('\n')
    .map((line) => /^\s*([^\s#]\S*)\s+(.*?)\s*$/.exec(line))
    .filter((match) => match !== null)
    .map(([, key, value]) => ({key, value}));
  const last = (key) => lines.findLast((line) => line.key === key)?.value ?? null;
  return {
    path,
    id: path.slice(path.lastIndexOf('/') + 1),
    kernel: last('linux')?.toLowerCase() ?? null,
    initrds: lines.filter(({key}) => key === 'initrd').map(({value}) => value.toLowerCase()),
    sortKey: last('sort-key'),
    machineId: last('machine-id') ?? '',
    version: last('version') ?? '',
  };
};

const compareEntries = (one, other) =>
  Number(one.sortKey === null) - Number(other.sortKey === null) ||
  compareBySortKey(one, other) ||
  -compareVersions(one.id, other.id);

const compareBySortKey = (one, other) =>
  one.sortKey === null
    ? 0
    : compareText(one.sortKey, other.sortKey) ||
      compareText(one.machineId, other.machineId) ||
      -compareVersions(one.version, other.version);

const compareText = (one, other) => (one < other ? -1 : Number(one > other));

/** strverscmp_improved: `~` before all, then the end, `-`, `^`, `.`; numbers by their value; capitals before small letters. */
const compareVersions = (one, other) => {
  let [a, b] = [one, other];
  for (;;) {
    [a, b] = [a, b].map((text) => text.replace(/^[^0-9A-Za-z~\-^.]+/, ''));
    for (const mark of ['~', '', '-', '^', '.']) {
      const [inA, inB] = [a, b].map((text) => (mark === '' ? text === '' : text.startsWith(mark)));
      if (mark === '' && (inA || inB)) return Number(inB) - Number(inA);
      if (inA !== inB) return inA ? -1 : 1;
      if (inA) [a, b] = [a.slice(1), b.slice(1)];
    }
    const kind = /^\d/.test(a) || /^\d/.test(b) ? /^\d*/ : /^[A-Za-z]*/;
    const [partA, partB] = [a, b].map((text) => kind.exec(text)[0]);
    const order = kind.source === '^\\d*' ? compareNumbers(partA, partB) : compareText(partA, partB);
    if (order !== 0) return order;
    [a, b] = [a.slice(partA.length), b.slice(partB.length)];
  }
};

const compareNumbers = (one, other) => {
  // A number comes after no number at all.
  if (one === '' || other === '') return Number(one !== '') - Number(other !== '');
  const [a, b] = [one, other].map((text) => text.replace(/^0+/, ''));
  return a.length - b.length || compareText(a, b);
};
