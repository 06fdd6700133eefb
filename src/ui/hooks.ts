import {useInput, useStdout} from 'ink';
import {useCallback, useEffect, useLayoutEffect, useRef} from 'react';
import {type Cell, type Key, type MouseTarget, readKeys} from './read-keys.ts';
import type {Shown, Size} from './wizard/state.ts';

/**
 * Hands on keys together with the screen that was shown when they were read. Ink reports the keys of one read one by
 * one and draws in between, so the first of them fixes the screen for all; the next read begins after the microtasks.
 */
export const useKeys = (
  onScreen: Shown,
  targetAt: (cell: Cell) => MouseTarget | null,
  onKeys: (keys: readonly Key[], shown: Shown) => void,
): void => {
  const shown = useRef(onScreen);
  const locate = useRef(targetAt);
  const ofThisRead = useRef<Shown | null>(null);
  useLayoutEffect(() => {
    shown.current = onScreen;
    locate.current = targetAt;
  });
  useInput(
    useCallback(
      (input, key) => {
        if (ofThisRead.current === null) queueMicrotask(() => (ofThisRead.current = null));
        ofThisRead.current ??= shown.current;
        onKeys(readKeys(input, key, locate.current), ofThisRead.current);
      },
      [onKeys],
    ),
  );
};

type Task = {
  /** The task begins when this becomes true, and once only until it is false again. */
  readonly isWanted: boolean;
  /** Asks the running task to stop; its end is reported all the same. */
  readonly isStopped: boolean;
  readonly run: (signal: AbortSignal) => void | Promise<void>;
};

/** The only place where the wizard does something: one service, begun, stopped and aborted when the wizard goes away. */
export const useTask = ({isWanted, isStopped, run}: Task): void => {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  const controller = useRef<AbortController | null>(null);
  useEffect(() => {
    if (!isWanted) return undefined;
    const started = new AbortController();
    controller.current = started;
    void latest.current(started.signal);
    return () => started.abort();
  }, [isWanted]);
  useEffect(() => {
    if (isStopped) controller.current?.abort();
  }, [isStopped]);
};

/** Counts whole seconds from 0 while something runs. */
export const useElapsed = (isRunning: boolean, onSecond: (seconds: number) => void): void => {
  useEffect(() => {
    if (!isRunning) return undefined;
    const start = performance.now();
    onSecond(0);
    const timer = setInterval(() => onSecond(Math.floor((performance.now() - start) / 1000)), 1000);
    return () => clearInterval(timer);
  }, [isRunning, onSecond]);
};

export const sizeOf = ({columns, rows}: {readonly columns?: number; readonly rows?: number}): Size => ({
  columns: columns || 80,
  rows: rows || 24,
});

/** Reports each new size of the terminal. */
export const useTerminalSize = (onResize: (size: Size) => void): void => {
  const {stdout} = useStdout();
  useEffect(() => {
    const tell = (): void => onResize(sizeOf(stdout));
    stdout.on('resize', tell);
    return () => {
      stdout.off('resize', tell);
    };
  }, [stdout, onResize]);
};
