/** A shell file as its text: the bundler takes it in, and vitest too. */
declare module '*.sh' {
  const text: string;
  export default text;
}
