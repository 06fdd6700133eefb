type Streams = {readonly stdinIsTty: boolean; readonly stdoutIsTty: boolean; readonly term: string | undefined};

/** Why the wizard can't run here, with the command to use instead; `null` when it can. */
export const refuseWizard = ({
  stdinIsTty,
  stdoutIsTty,
  term,
}: Streams): {readonly reason: string; readonly instead: string} | null => {
  const instead =
    'Use `vfio-pilot profile new` to write a profile, then `vfio-pilot plan PROFILE` and `vfio-pilot apply PROFILE`.';
  if (!stdinIsTty || !stdoutIsTty) return {reason: 'The wizard needs a terminal.', instead};
  if (term === undefined || term === '' || term === 'dumb')
    return {
      reason: `The wizard needs a terminal that can move its cursor (TERM is ${term === 'dumb' ? 'dumb' : 'not set'}).`,
      instead,
    };
  return null;
};
