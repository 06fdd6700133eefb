/** What a table says about a word from outside: `constructor` and `__proto__` are words too, and every object has them. */
export const ownValue = <Value>(table: Readonly<Record<string, Value>>, word: string): Value | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;
