import {useEffect, useRef} from 'react';

type Task = {
  /** The task begins when this becomes true, and once only until it is false again. */
  readonly isWanted: boolean;
  /** Asks the running task to stop; its end is told all the same. */
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
