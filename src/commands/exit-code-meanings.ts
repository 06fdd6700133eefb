/** What help and the manual say of each exit code. */
export const exitCodeMeanings: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done, or nothing to do'],
  ['1', 'a bug in vfio-pilot'],
  ['2', 'usage, or a profile that cannot be read'],
  ['3', 'blocked by findings; a check failed, or a promise is not kept'],
  ['4', 'apply failed, machine restored'],
  ['5', 'restore failed, journal path printed'],
  ['6', 'nothing is applied: nothing to verify or confirm'],
  ['10', 'plan --exit-code: there are changes'],
  ['75', 'another run or a package manager is at work'],
  ['77', 'only root may do this'],
  ['130', 'interrupted by Ctrl-C, 129 by SIGHUP, 131 by SIGQUIT, 143 by SIGTERM: machine restored'],
];
