import {describe, expect, it} from 'vitest';
import {refuseWizard} from '../../src/ui/plain-refusal.ts';

describe('a place where the wizard can not run', () => {
  it.each([
    [{stdinIsTty: false, stdoutIsTty: true, term: 'xterm'}],
    [{stdinIsTty: true, stdoutIsTty: false, term: 'xterm'}],
    [{stdinIsTty: true, stdoutIsTty: true, term: 'dumb'}],
    [{stdinIsTty: true, stdoutIsTty: true, term: undefined}],
  ])('gets one line with the commands to use instead: %j', (streams) => {
    const {reason, instead} = refuseWizard(streams) ?? {};
    const sentence = `${reason} ${instead}`;
    expect(sentence).toMatch(/^The wizard needs a terminal.*vfio-pilot profile new.*vfio-pilot apply PROFILE/);
    expect(sentence).not.toContain('\n');
  });

  it('is no terminal that can do what is needed', () => {
    expect(refuseWizard({stdinIsTty: true, stdoutIsTty: true, term: 'xterm-256color'})).toBeNull();
  });
});
