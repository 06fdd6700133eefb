/** `{output}` in an argument stands for the path that the program writes to, or reads. */
export const withOutput = (argv: readonly [string, ...string[]], output: string): [string, ...string[]] => {
  const [program, ...args] = argv;
  return [program, ...args.map((argument) => argument.replaceAll('{output}', output))];
};
