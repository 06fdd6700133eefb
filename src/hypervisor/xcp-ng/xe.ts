type Argv = readonly [string, ...string[]];

const program = '/opt/xensource/bin/xe';

export const xe = (...words: readonly string[]): Argv => [program, ...words];

/** One field of the objects that have these values, without a line of its own for each; empty where there is none. */
export const xeField = (list: string, field: string, ...filters: readonly string[]): Argv =>
  xe(list, ...filters, `params=${field}`, '--minimal');
