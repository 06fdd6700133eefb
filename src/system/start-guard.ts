import {isRootsOwnFile} from './trusted-program.ts';

type Start = {
  readonly isRoot: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Node's own arguments, those before the program's name. */
  readonly nodeArguments: readonly string[];
};

/**
 * By how their names begin, what variables do before or while our first line runs: those that Node, V8, libuv, ICU and
 * OpenSSL read, and those that glibc itself ignores in setuid programs (sysdeps/generic/unsecvars.h). sudo takes away
 * none of the first under -E. Each new one of a family is refused until it is known to be harmless.
 */
const families: readonly (readonly [beginning: RegExp, effect: string])[] = [
  [/^NODE_(?:OPTIONS|PATH)$/, 'makes Node load other code'],
  [/^NODE_/, 'changes what Node loads, trusts or writes'],
  [/^(?:LD_|GLIBC_TUNABLES$)/, 'changes what code every program loads'],
  [/^(?:OPENSSL_|SSL_(?!CERT_(?:FILE|DIR)$))/, 'can make Node load other code'],
  [/^UV_/, 'keeps Node from laying down the rights of root'],
  [
    /^(?:GCONV_PATH|GETCONF_DIR|LOCPATH|NLSPATH|ICU_DATA|ICU_TIMEZONE_FILES_DIR)$/,
    'makes programs load files from elsewhere',
  ],
  [/^(?:MALLOC_|LIBC_FATAL_STDERR_$|PCPROFILE_OUTPUT$|SEGFAULT_OUTPUT_NAME$)/, 'can make programs write to a file'],
  [/^(?:HOSTALIASES|LOCALDOMAIN|RES_OPTIONS|RESOLV_)/, 'changes where programs connect to'],
];

/** They change what is shown, or say where a program is installed. */
const harmless: ReadonlySet<string> = new Set([
  'NODE_ENV',
  'NODE_NO_WARNINGS',
  'NODE_PENDING_DEPRECATION',
  'NODE_DISABLE_COLORS',
  'NODE_VERSION',
  'NODE_HOME',
  'UV_THREADPOOL_SIZE',
  'LD_BIND_NOW',
  'MALLOC_ARENA_MAX',
]);

const isUnsafe = (name: string, value: string | undefined): boolean => {
  if (value === undefined || value === '' || harmless.has(name)) return false;
  if (name === 'UV_USE_IO_URING') return value !== '0';
  // Certificates of a company, as its administrators set them for everybody: a file to read, and no code.
  return name !== 'NODE_EXTRA_CA_CERTS' || !isRootsOwnFile(value);
};

const harmlessArgument =
  /^--(?:no-)?(?:max-old-space-size|max-semi-space-size|stack-size|stack-trace-limit|warnings|deprecation|trace-deprecation|trace-warnings|trace-uncaught|disable-warning|enable-source-maps|pending-deprecation|expose-gc|jitless|use-strict)(?:=|$)/;

export type UnsafeStart = {
  readonly reason: string;
  /** Variables to be taken out of the environment. */
  readonly variables: readonly string[];
};

/** Why root must not go on as it was started; what was loaded already cannot be undone, but it can be noticed. */
export const findUnsafeStart = ({isRoot, environment, nodeArguments}: Start): UnsafeStart | null => {
  if (!isRoot) return null;
  const found = Object.keys(environment).flatMap((name) => {
    const family = families.find(([beginning]) => beginning.test(name));
    return family === undefined || !isUnsafe(name, environment[name]) ? [] : [{name, effect: family[1]}];
  });
  const [first] = found;
  if (first !== undefined)
    return {
      reason: `${first.name} is set in the environment: it ${first.effect}, with the rights of root.`,
      variables: found.map(({name}) => name),
    };
  const argument = nodeArguments.find((one) => one.startsWith('-') && !harmlessArgument.test(one.replaceAll('_', '-')));
  if (argument !== undefined)
    return {
      reason: `Node was started with ${argument}, which may let other code run with the rights of root.`,
      variables: [],
    };
  return null;
};
