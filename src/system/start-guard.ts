type Start = {
  readonly isRoot: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Node's own arguments, those before the program's name. */
  readonly nodeArguments: readonly string[];
};

/** What each of them makes Node do before, or while, our first line runs; sudo removes none of the NODE_ ones under -E. */
const variables: Readonly<Record<string, string>> = {
  NODE_OPTIONS: 'makes Node load other code',
  NODE_PATH: 'makes Node load modules from elsewhere',
  NODE_REDIRECT_WARNINGS: 'makes Node write to a file',
  LD_PRELOAD: 'loads other code into every program',
  LD_AUDIT: 'loads other code into every program',
  OPENSSL_CONF: 'can make Node load other code',
  UV_USE_IO_URING: 'keeps Node from laying down the rights of root',
};

const loadingArgument = /^(?:--inspect(?:-\w+)*|--require|-r|--import|--loader|--experimental-loader|--env-file(?:-if-exists)?|--eval|-e|--openssl-config)(?:=|$)/;

export type UnsafeStart = {readonly reason: string; /** Variables to be taken out of the environment. */ readonly variables: readonly string[]};

/** Why root must not go on as it was started; what was loaded already cannot be undone, but it can be noticed. */
export const findUnsafeStart = ({isRoot, environment, nodeArguments}: Start): UnsafeStart | null => {
  if (!isRoot) return null;
  const set = Object.keys(variables).filter((name) => !['', '0', undefined].includes(environment[name]));
  const argument = nodeArguments.find((one) => loadingArgument.test(one));
  const [first] = set;
  if (first !== undefined) return {reason: `${first} is set in the environment: it ${variables[first]}, with the rights of root.`, variables: set};
  if (argument !== undefined) return {reason: `Node was started with ${argument}, which lets other code run with the rights of root.`, variables: []};
  return null;
};
