/** One fault, made by hand in the part that writes: `from` stands once in `file` below src. */
export type Mutant = {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Below test, `file` or `file#part of a title`: the first of these that fails notices it. */
  readonly killers: readonly string[];
};

const transaction = (name: string, file: string, from: string, to: string, ...killers: readonly string[]): Mutant => ({
  name,
  file: `transaction/${file}.ts`,
  from,
  to,
  killers: killers.map((killer) => (killer.includes('/') ? killer : `transaction/${killer}`)),
});

const system = (name: string, file: string, from: string, to: string, ...killers: readonly string[]): Mutant => ({
  ...transaction(name, file, from, to, ...killers),
  file: `system/${file}.ts`,
});

const restoreAll = "problems.push(...notRestored(transaction, foreign, wasPrepared));\n";

export const mutants: readonly Mutant[] = [
  transaction('writes once and ignores the count', 'write-file', '    done += count;', '    done = bytes.length + count;', 'failure#takes fewer bytes'),
  transaction('saves no file', 'write-file', '    file.sync();\n', '', 'order', 'crash/model#leaves every file'),
  transaction('saves a file before its attributes', 'write-file', '    attributes(file);\n    file.sync();\n', '    file.sync();\n    attributes(file);\n', 'order'),
  transaction('sets the mode before the owner', 'write-file', '  if (uid !== wanted.uid || gid !== wanted.gid) file.chown(wanted.uid, wanted.gid);\n  if (file.stat().mode !== wanted.mode) file.chmod(wanted.mode);', '  if (file.stat().mode !== wanted.mode) file.chmod(wanted.mode);\n  if (uid !== wanted.uid || gid !== wanted.gid) file.chown(wanted.uid, wanted.gid);', 'late'),
  transaction('leaves the owner', 'write-file', '  if (uid !== wanted.uid || gid !== wanted.gid) file.chown(wanted.uid, wanted.gid);\n', '', 'property'),
  transaction('writes the journal in place', 'write-file', "  writePrivate(machine, `${path}.new`, bytes);\n  machine.rename(`${path}.new`, path);\n", '  writePrivate(machine, path, bytes);\n', 'order', 'crash/model#leaves every file'),
  transaction('does not save the directory of the journal', 'write-file', "  machine.rename(`${path}.new`, path);\n  machine.syncDirectory(dirname(path));\n", "  machine.rename(`${path}.new`, path);\n", 'order', 'crash/model#leaves every file'),
  transaction('does not save the directory of a directory', 'write-file', '  machine.makeDirectory(path, mode);\n  machine.syncDirectory(dirname(path));\n', '  machine.makeDirectory(path, mode);\n', 'order', 'crash/model#leaves every file'),
  transaction('takes any bytes for the backup', 'backup', "  if (sha256(bytes) !== old.sha256) throw new Error(`${path} changed while it was backed up.`);\n", '', 'stale', 'late'),
  transaction('takes any backup for a good one', 'backup', '  if (sha256(machine.read(backup)) !== old.sha256) throw', '  if (sha256(machine.read(backup)) === old.sha256 && backup === path) throw', 'late'),
  transaction('backs up nothing', 'prepare', '    backUpItem(transaction, item);\n', '', 'rollback'),
  transaction('does not look again before the rename', 'replace', "    if (difference !== null) throw new Error(`${path} changed in the meantime: ${difference}.`);\n", '', 'stale', 'late'),
  transaction('leaves a renamed file on FAT unsaved', 'replace', '  machine.syncFile(path);\n', '', 'order#saves a renamed file once more'),
  transaction('saves the file on FAT before its name', 'replace', '  machine.syncDirectory(dirname(path));\n  machine.syncFile(path);\n', '  machine.syncFile(path);\n  machine.syncDirectory(dirname(path));\n', 'order#saves a renamed file once more'),
  transaction('believes what a killed run renamed on FAT', 'save-names', "  for (const {path} of items) if (machine.stat(path)?.type === 'file') settleOnFat(machine, path);\n", '', 'order#killed run renamed'),
  transaction('leaves an empty file on FAT to its editor', 'restore-item', ' || isEmptiedByFat(machine, item.path, now)', '', 'order#power cut has left empty'),
  transaction('removes the old file first', 'replace', '    else machine.rename(temp, path);', '    else {\n      if (machine.stat(path) !== null) machine.unlink(path);\n      machine.rename(temp, path);\n    }', 'crash/model#leaves every file'),
  transaction('forgets what an editor saved at the last moment', 'replace', 'sha256(after) !== seen.sha256 ? after : null', 'sha256(after) !== seen.sha256 ? null : null', 'stale'),
  transaction('leaves what libvirt had half written', 'restore-item', "  if (item.installer === 'libvirt' && item.isUnsettled) sweepRewrite(machine, item.path);\n", '', 'crash'),
  transaction('does not save the directory after the renames', 'install', '  for (const directory of directories) machine.syncDirectory(directory);\n', '', 'order', 'crash/model#leaves every file'),
  transaction('takes a file that is there for the new one', 'install', 'item.new !== null && isSameState(item.new, readPathState(machine, item.path));', "item.new !== null && readPathState(machine, item.path).state !== 'absent';", 'apply'),
  transaction('believes what it wrote', 'install', "    if (difference !== null) throw new Error(`${path} is not what was written: ${difference}.`);\n", '', 'late'),
  transaction('runs the programs before the files are there', 'commit', "  await installItems(transaction);\n  await runArtifacts(transaction, 'before-last');\n", "  await runArtifacts(transaction, 'before-last');\n  await installItems(transaction);\n", 'apply'),
  transaction('says that it is done before it is', 'commit', '  await installItems(transaction);\n', "  transaction.ledger.save({state: 'COMMITTED'});\n  await installItems(transaction);\n", 'crash/model#leaves every file'),
  transaction('does not say that it begins to change files', 'prepare', "transaction.ledger.save({state: 'COMMITTING', items});", "transaction.ledger.save({items});", 'apply', 'crash/model#leaves every file'),
  transaction('stages and does not look again', 'prepare', '    refuseStale(path, describeDifference(old, readPathState(transaction.machine, path)));\n    if (', '    if (1 > 2 && ', 'stale'),
  transaction('follows a plan whose files have changed', 'inspect', '  refuseStale(path, describeDifference(change.expected, found));\n', '', 'stale'),
  transaction('replaces a file with two names', 'inspect', '  if (links > 1)', '  if (links > 1000)', 'stale', 'crash/odd-targets'),
  transaction('replaces a link by a file', 'inspect', "  if (isFileChange(change) && found.state === 'symlink')", "  if (isFileChange(change) && found.state === 'symlink' && path === '')", 'stale', 'crash/odd-targets', 'apply'),
  transaction('takes any path', 'inspect', ' && normalize(path) === path;', ';', 'stale', 'apply'),
  transaction('takes a path twice', 'inspect', '  if (twice !== undefined) throw', '  if (twice === null) throw', 'stale', 'apply'),
  transaction('writes over files on FAT', 'inspect', '  refuseRewriteOnFat(machine, {targets, commands});\n', '', 'order'),
  transaction('does not count the free space', 'check-space', '  if (!isFull) return;\n', '  if (!isFull || isFull) return;\n', 'full-disk', 'apply'),
  transaction('takes a lock that is held', 'lock', "    if (errorCode(error) !== 'EEXIST') throw error;\n    return false;", "    if (errorCode(error) !== 'EEXIST') throw error;\n    return true;", 'lock'),
  transaction('takes a new process with an old number for the holder', 'lock', ' && machine.startTimeOf(holder.pid) === holder.startTime;', ' && machine.startTimeOf(holder.pid) !== null;', 'lock'),
  transaction('overwrites what somebody else edited', 'restore-item', '  if (!isOurs(machine, item, now)) {', '  if (!isOurs(machine, item, now) && index < 0) {', 'stale', 'rollback', 'late'),
  transaction('restores from a damaged backup', 'restore-item', '  if (sha256(bytes) !== old.sha256) throw', '  if (sha256(bytes) === backup) throw', 'rollback', 'late'),
  transaction('does not save the directory of what it put back', 'restore-item', '  machine.syncDirectory(dirname(item.path));\n', '', 'order', 'crash/model#leaves every file'),
  transaction('calls everything restored', 'restore', `  ${restoreAll}`, '', 'late'),
  transaction('leaves its temporary files', 'restore', '  await attempt(() => sweepTemps(transaction), undefined);\n', '', 'crash/model#leaves every file'),
  transaction('leaves its directories', 'restore', '  await attempt(() => removeDirectories(transaction), undefined);\n', '', 'rollback', 'crash/model#leaves every file'),
  transaction('rolls back without a word in the journal', 'rollback', "  if (journal.state === 'COMMITTED') ledger.save(", "  if (journal.id === '') ledger.save(", 'late'),
  transaction('rolls back over edits', 'rollback', '  refuseEdits(findEdits(machine, journal.items).filter((edit) => !isShown(edit, request.edits ?? [])), journal.id);\n', '', 'rollback'),
  transaction('takes any edit for the one that was shown', 'edits', ' && isSameState(edit.now, now));', ');', 'edits'),
  transaction('merges with any copy of what was applied', 'edits', ' || sha256(ours) !== wanted.sha256', '', 'edits'),
  transaction('takes the arguments from an entry that has changed', 'late-texts', ' || difference !== null', '', 'artifacts/chains/late-grub-entries'),
  transaction('forgets the second edit of a guest', 'restore-item', ' && sha256(machine.read(kept)) !== now.sha256', ' && number < 0', 'late'),
  transaction('completes what a boot has used up', 'recover', 'return used === undefined ? null', 'return used === undefined || items.length > 0 ? null', 'rollback'),
  transaction('stands on a word that is not on the disk', 'decode-journal', '  if (newest !== null) machine.syncDirectory(journalDirectory(newest.id));\n', '', 'rollback'),
  transaction('leaves the temp of a file that was edited while it was put back', 'restore', '  if (!isComplete(restoration)) await attempt(() => sweepTemps(transaction), undefined);\n', '', 'rollback'),
  transaction('rolls back what newer runs stand on', 'rollback', '  refuseBuiltUpon(journals, chosen);\n', '', 'rollback'),
  transaction('ignores how a command ended', 'run-command', '  if (result.problem !== null) throw commandError(argv, result);\n', '', 'apply', 'failure#in the history as failed'),
  transaction('installs what it does not check', 'validate', '    if (problem !== null) throw', "    if (problem === '') throw", 'apply'),
  transaction('lets a program write over the image', 'generate', '  const output = generatedFile(ledger.current().id, runIndex, machine.self.pid);\n', '  const output = artifact.path;\n', 'apply', 'crash/generators'),
  transaction('forgets a half begun journal', 'begin', '    discard(machine, journalDirectory(id));\n', '', 'late'),
  system('creates over what is there', 'new-file', 'constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW', 'constants.O_CREAT | constants.O_NOFOLLOW', 'machine'),
  system('creates for all to read', 'new-file', 'openSync(real, createFlags, 0o600)', 'openSync(real, createFlags, 0o644)', 'crash/attributes', 'machine'),
  system('reads through a link', 'real-file', 'constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK', 'constants.O_RDONLY | constants.O_NONBLOCK', 'machine', 'late'),
  system('waits for a FIFO', 'real-file', '  if (fstatSync(fd).isFile()) return fd;', '  if (fd > 0) return fd;', 'machine'),
  system('does not wait for who has the old file open', 'real-file', '      awaitWriters(basename(real), fstatSync(fd));\n', '', 'stale'),
  system('walks out of the root', 'open-directory', "  else if (!isLive) throw withCode('EXDEV');", "  else if (!isLive && stack.length > 99) throw withCode('EXDEV');", 'machine'),
  system('gives programs the environment of the caller', 'run-program', 'env: {...programEnvironment}', 'env: process.env', 'machine'),
  system('runs programs that others can replace', 'trusted-program', 'return uid === 0 && (isStore || (mode & 0o022) === 0);', 'return uid === 0 || isStore || (mode & 0o022) === 0;', 'system/programs'),
  system('stops a program and not what it started', 'run-program', 'detached: true', 'detached: false', 'machine'),
  system('loses attributes without a word', 'copy-attributes', '  refuseLost(source, target);\n', '', 'crash/attributes'),
];
