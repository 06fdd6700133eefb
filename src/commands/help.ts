export const helpText = `vfio-pilot: give a graphics card to a virtual machine, see every byte before, take it all back

Usage
  sudo npx vfio-pilot                    the wizard (needs a terminal)
  vfio-pilot --demo                      the wizard on an embedded host; writes to a scratch copy, never to this machine

  vfio-pilot check                       firmware, kernel, IOMMU, libvirt: each with a remedy
  vfio-pilot facts                       everything that was read from the host
  vfio-pilot groups                      the IOMMU groups and what shares them
  vfio-pilot topology [--profile FILE]   nodes, caches, cores, threads, memory, devices  [--svg FILE: as a picture]
  vfio-pilot plan PROFILE [--out FILE]   findings and the diff of every file; writes nothing, or saves the plan
  vfio-pilot apply PROFILE|PLAN          the same, then one transaction; a saved plan exactly  [--dry-run] [--yes]
  vfio-pilot apply --trial PROFILE       the same for one boot only; the present system comes back unless you confirm
  vfio-pilot confirm                     in the trial boot: it is good, write it for good  [--yes]
  vfio-pilot verify                      after the reboot: each promise, kept or not
  vfio-pilot rollback [ID]               restore to the byte what a run changed  [--dry-run] [--yes]
  vfio-pilot history                     the runs and what they changed
  vfio-pilot profile new --device ADDRESS [--vcpus N] [--memory SIZE] [--guest NAME] [--os OS] [--out FILE]
  vfio-pilot profile show|check FILE     the profile with its defaults · its mistakes
  vfio-pilot profile schema              a JSON Schema for editors
  vfio-pilot capture FILE.tar.gz         the files that facts are read from, scrubbed, for a bug report

Options
  --root DIR     another root instead of /: a captured host, a mounted disk. Commands are listed there, not run.
  --demo         with any command: a scratch copy of the embedded host as the root
  --json         one JSON document on stdout and nothing more
  --no-color     no colours (as NO_COLOR does)
  --dry-run      the wizard, apply, confirm and rollback: show everything and write nothing
  --yes          answers the one confirmation of apply, confirm and rollback
  --exit-code    plan: exit 10 when there are changes
  --trial        apply: one boot on trial, with an entry and an image of its own
  --resume       apply, rollback: finish an interrupted run instead of undoing it
  --keep-edits   rollback: files that were edited since keep the edit and lose what was applied, which is shown first
                 apply, rollback: end an interrupted run although its files were edited; they stay as they are
  --verbose      reasons and stack traces
  --version, --help

Exit codes
  0 done, or nothing to do   1 our bug   2 usage or unreadable profile   3 blocked by findings
  4 apply failed, machine restored   5 restore failed, journal path printed
  75 another run or a package manager is at work
  130 interrupted by Ctrl-C, 129 by SIGHUP, 131 by SIGQUIT, 143 by SIGTERM: machine restored
`;
