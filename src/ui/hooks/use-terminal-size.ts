import {useStdout} from 'ink';
import {useEffect} from 'react';
import type {Size} from '../wizard/state.ts';

export const sizeOf = ({columns, rows}: {readonly columns?: number; readonly rows?: number}): Size => ({columns: columns || 80, rows: rows || 24});

/** Tells each new size of the terminal. */
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
