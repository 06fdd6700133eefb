/** What follows from facts, worked out once for each: facts never change, and a machine may have thousands of functions. */
export const remember = <Facts extends object, Result>(work: (facts: Facts) => Result): ((facts: Facts) => Result) => {
  const known = new WeakMap<Facts, {readonly result: Result}>();
  return (facts) => {
    const before = known.get(facts);
    if (before !== undefined) return before.result;
    const result = work(facts);
    known.set(facts, {result});
    return result;
  };
};
