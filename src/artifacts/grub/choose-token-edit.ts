import {isSameArgument, keyOf} from './kernel-tokens.ts';
import type {KernelToken} from './kernel-tokens.ts';

export type GrubEdit = {
  readonly add: readonly string[];
  /** Exact tokens. */
  readonly remove: readonly string[];
  /** A token with such a key that is not in `add` is stale and goes. */
  readonly ownedKeys: readonly string[];
};

export type TokenEdit = {readonly missing: readonly string[]; readonly isStale: (token: KernelToken) => boolean};

/** `hugepagesz=` counts for the `hugepages=` behind it, so these stay or go as one sequence. */
const isPageKey = (key: string): boolean => key === 'hugepagesz' || key === 'hugepages';

/** `tokens`: all that reach the kernel, GRUB_CMDLINE_LINUX first, as grub-mkconfig puts them. */
export const chooseTokenEdit = (tokens: readonly KernelToken[], edit: GrubEdit): TokenEdit => {
  const owned = new Set(edit.ownedKeys.map(keyOf));
  const present = tokens.filter((token) => isPageKey(keyOf(token.text)) && owned.has(keyOf(token.text)));
  const pages = edit.add.filter((text) => isPageKey(keyOf(text)));
  const isSamePages = present.length === pages.length && present.every((token, index) => isSameArgument(token.text, pages[index] ?? ''));
  const isWanted = (text: string): boolean => edit.add.some((wanted) => isSameArgument(wanted, text));
  const isStale = ({text}: KernelToken): boolean => {
    if (isPageKey(keyOf(text)) && owned.has(keyOf(text))) return !isSamePages;
    return !isWanted(text) && (owned.has(keyOf(text)) || edit.remove.some((gone) => gone === text));
  };
  const kept = tokens.filter((token) => !isStale(token));
  const missing = edit.add.filter((text) => (isPageKey(keyOf(text)) && owned.has(keyOf(text)) ? !isSamePages : !kept.some((token) => isSameArgument(token.text, text))));
  return {missing, isStale};
};
