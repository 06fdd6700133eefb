import {useInput} from 'ink';
import {useCallback, useLayoutEffect, useRef} from 'react';
import {readKeys} from '../split-keys.ts';
import type {Key} from '../split-keys.ts';

/**
 * Tells keys together with the screen that was shown when they were read. Ink tells the keys of one read one by one
 * and draws in between, so the first of them fixes the screen for all; the next read begins after the microtasks.
 */
export const useKeys = (view: string, onKeys: (keys: readonly Key[], view: string) => void): void => {
  const shown = useRef(view);
  const ofThisRead = useRef<string | null>(null);
  useLayoutEffect(() => {
    shown.current = view;
  });
  useInput(
    useCallback(
      (input, key) => {
        if (ofThisRead.current === null) queueMicrotask(() => (ofThisRead.current = null));
        ofThisRead.current ??= shown.current;
        onKeys(readKeys(input, key), ofThisRead.current);
      },
      [onKeys],
    ),
  );
};
