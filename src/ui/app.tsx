import {Box, Text, useApp} from 'ink';
import {useCallback, useEffect, useReducer, useRef} from 'react';
import type {Dispatch, ReactNode} from 'react';
import {Header} from './components/header.tsx';
import {KeyHints} from './components/key-hints.tsx';
import {LineText} from './components/line-text.tsx';
import {useKeys} from './hooks/use-keys.ts';
import {useTask} from './hooks/use-task.ts';
import {useTerminalSize} from './hooks/use-terminal-size.ts';
import {line} from './lines.ts';
import {HelpScreen} from './screens/help-screen.tsx';
import {LeaveScreen} from './screens/leave-screen.tsx';
import {StepScreen} from './screens/step-screen.tsx';
import type {ApplyProgress, WizardOutcome} from './services.ts';
import type {Key} from './split-keys.ts';
import {ThemeContext} from './theme.ts';
import type {Theme} from './theme.ts';
import {profileOf} from './wizard/context.ts';
import type {WizardContext} from './wizard/context.ts';
import {describeProblem} from './wizard/describe-problem.ts';
import {modeOf} from './wizard/mode.ts';
import {isTooSmall, smallest, viewOf} from './wizard/state.ts';
import type {Action, Size, WizardState} from './wizard/state.ts';
import {reduce} from './wizard/wizard.ts';

type Props = {
  readonly context: WizardContext;
  readonly initial: WizardState;
  readonly theme: Theme;
  /** A signal from outside that asks to end: as Ctrl-C. */
  readonly interrupt: AbortSignal;
  readonly onEnd: (outcome: WizardOutcome) => void;
};

export const App = ({context, initial, theme, interrupt, onEnd}: Props): ReactNode => {
  const [state, dispatch] = useReducer((before: WizardState, action: Action) => reduce(context, before, action), initial);
  useTerminalSize(useCallback((size: Size) => dispatch({type: 'resized', size}), []));
  useTasks(context, state, dispatch);
  useEnd(state, onEnd);
  useInterrupt(interrupt, dispatch);
  useKeys(viewOf(state), useCallback((keys: readonly Key[], view: string) => dispatch({type: 'pressed', keys, view}), []));
  return (
    <ThemeContext value={theme}>
      {isTooSmall(state.size) ? <TooSmall size={state.size} /> : <Frame context={context} state={state} />}
    </ThemeContext>
  );
};

const Frame = ({context, state}: {readonly context: WizardContext; readonly state: WizardState}): ReactNode => (
  <Box flexDirection="column" width={state.size.columns} height={state.size.rows - 1}>
    <Header context={context} state={state} />
    {state.overlay === 'help' ? <HelpScreen context={context} state={state} /> : state.overlay === 'leave' ? <LeaveScreen context={context} state={state} /> : <StepScreen context={context} state={state} />}
    <LineText line={line(state.notice ?? '', 'warning')} columns={state.size.columns} />
    <KeyHints mode={modeOf(context, state)} columns={state.size.columns} />
  </Box>
);

const TooSmall = ({size}: {readonly size: Size}): ReactNode => (
  <Text>
    This terminal is {size.columns}x{size.rows}; make it at least {smallest.columns}x{smallest.rows}. Ctrl-C leaves.
  </Text>
);

const useTasks = (context: WizardContext, state: WizardState, dispatch: Dispatch<Action>): void => {
  const {services} = context;
  const {phase} = state.apply;
  const isTrial = state.apply.phase === 'running' && state.apply.isTrial;
  useTask({
    isWanted: phase === 'running' || phase === 'restoring',
    isStopped: phase === 'restoring',
    run: async (signal) => {
      const {plan, changes} = state.preview;
      if (plan === null) return;
      try {
        const onProgress = (progress: ApplyProgress): void => dispatch({type: 'apply-progressed', progress});
        const {id} = isTrial && services.trial !== null ? await services.trial.apply(state.preview, onProgress, signal) : await services.apply(changes, plan, onProgress, signal);
        dispatch({type: 'apply-succeeded', id});
      } catch (error) {
        dispatch({type: 'apply-failed', error: describeProblem(error), cause: error});
      }
    },
  });
  useTask({
    isWanted: state.save.phase === 'saving',
    isStopped: false,
    run: () => {
      if (state.save.phase !== 'saving') return;
      const {path} = state.save;
      const saved = services.saveProfile(profileOf(context, state.draft), path);
      dispatch('path' in saved ? {type: 'profile-saved', path: saved.path} : {type: 'save-failed', path, problem: saved.problem});
    },
  });
};

const useEnd = ({outcome}: WizardState, onEnd: (outcome: WizardOutcome) => void): void => {
  const {exit} = useApp();
  const isTold = useRef(false);
  useEffect(() => {
    if (outcome === null || isTold.current) return;
    isTold.current = true;
    onEnd(outcome);
    exit();
  }, [outcome, onEnd, exit]);
};

const useInterrupt = (signal: AbortSignal, dispatch: Dispatch<Action>): void => {
  useEffect(() => {
    const tell = (): void => dispatch({type: 'interrupted'});
    if (signal.aborted) tell();
    signal.addEventListener('abort', tell);
    return () => signal.removeEventListener('abort', tell);
  }, [signal, dispatch]);
};
