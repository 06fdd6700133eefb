import {UsageError} from '../../errors.ts';
import {askProgram} from '../../system/run-program.ts';
import {programEnvironment, trustedProgram} from '../../system/trusted-program.ts';
import type {Capture} from '../collect-entries.ts';
import {scrubEntries} from '../capture-files.ts';
import {makeScrubber} from '../scrub.ts';
import {writeArchive} from '../write-capture.ts';
import {parseStream} from './parse-stream.ts';
import {remoteScript} from './remote-script.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The same archive of another host, over the person's own ssh: its keys, its configuration, its questions on the
 * terminal. Nothing is left there, and what comes back is scrubbed before it is written.
 */
export const captureOver = async (
  destination: string,
  file: string,
  env: Environment,
  ssh: string | null = trustedProgram('ssh'),
): Promise<Capture> => {
  const read = prepare(destination, env, ssh);
  return writeArchive(file, read);
};

/** The same without an archive. */
export const readOver = async (destination: string, env: Environment, ssh: string | null): Promise<Capture> =>
  prepare(destination, env, ssh)();

/** What is wrong on this side is said before anything is asked of the other. */
const prepare = (destination: string, env: Environment, ssh: string | null): (() => Promise<Capture>) => {
  const host = checkDestination(destination);
  if (ssh === null)
    throw new UsageError(
      'There is no ssh here that only root can replace.',
      'Install openssh-client, or run the script yourself: `vfio-pilot capture --script` prints it.',
    );
  return async () => receive(ssh, host, env);
};

/** Of the person; as root only what ssh needs for its agent and its questions, so that nothing else steers what root runs. */
export const sshEnvironment = (env: Environment, isRoot: boolean): Environment =>
  isRoot
    ? {
        ...programEnvironment,
        ...Object.fromEntries(
          ['TERM', 'SSH_AUTH_SOCK'].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
        ),
      }
    : env;

/** A name that begins with a dash would be an option of ssh, and one with odd characters could be a command of its configuration. */
export const checkDestination = (destination: string): string => {
  if (/^(?:[\w.][\w.-]*@)?(?:[A-Za-z0-9_][\w.-]*|[\da-fA-F:]*:[\da-fA-F:.]*(?:%[\w.-]+)?)$/.test(destination))
    return destination;
  throw new UsageError(
    `${JSON.stringify(destination)} is no host that ssh could be given.`,
    'Write USER@HOST, or a name from ~/.ssh/config: `vfio-pilot capture --host root@xcp.example my-host.tar.gz`. A port belongs into ~/.ssh/config.',
  );
};

const receive = async (ssh: string, host: string, env: Environment): Promise<Capture> => {
  const {isStarted, exitCode, stdout} = await askProgram(ssh, ['-T', '--', host, 'sh -s'], {text: remoteScript(), env});
  if (!isStarted || exitCode !== 0)
    throw new UsageError(
      `ssh to ${host} ended ${exitCode === null ? 'early' : `with ${exitCode}`}, so there is no capture.`,
      `What it said is above. Try \`ssh ${host} true\` first.`,
    );
  const {hostName, collected, unreadable} = parseStream(stdout);
  return {entries: scrubEntries(collected, makeScrubber(hostName)), unreadable};
};
