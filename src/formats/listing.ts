/** Which of these no line of the listing contains. Module files are spelled with `-` or `_`, as their makers liked. */
export const findMissing = (listing: string, contains: readonly string[]): readonly string[] => {
  const lines = listing.split('\n').map(oneSpelling);
  return contains.filter((text) => !lines.some((line) => line.includes(oneSpelling(text))));
};

const oneSpelling = (text: string): string => text.replaceAll('-', '_');
