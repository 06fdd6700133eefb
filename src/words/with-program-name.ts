/** Hints that are written with the plain name, in backticks, get the name by which the program was started. */
export const withProgramName = (hint: string, name: string): string =>
  hint.replaceAll(/`(sudo )?vfio-pilot(?=[ `])/g, (_, sudo: string | undefined) => `\`${sudo ?? ''}${name}`);
