/** What a rollback does to a file, from the diff that it shows: one that the run made goes. */
export const undoVerb = (diff: string): 'remove ' | 'restore' =>
  /^--- .*\n\+\+\+ \/dev\/null\n/.test(diff) ? 'remove ' : 'restore';
