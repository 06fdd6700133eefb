/** Tests that no machine of CI can run, each with the reason; `test` is a part of the file and title. All others must run there. */
export const notPossible: readonly {readonly test: string; readonly reason: string}[] = [
  {
    test: 'reads on where a file may not be read (only tested as an ordinary user)',
    reason: 'CI runs as root, who may read every file.',
  },
];
