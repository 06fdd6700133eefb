import {Box, Text} from 'ink';
import {type Dispatch, type ReactNode, useCallback, useEffect, useMemo, useReducer, useRef} from 'react';
import {line} from '../words/lines.ts';
import {Header, KeyHints, LineText} from './components/frame.tsx';
import type {Task} from '../plan/task.ts';
import {useElapsed, useKeys, useTask, useTerminalSize} from './hooks.ts';
import type {Key} from './read-keys.ts';
import {LeaveScreen, PaneScreen, StepScreen} from './screens/screens.tsx';
import type {ApplyProgress, WizardOutcome, WizardServices} from './services.ts';
import {type Theme, ThemeContext} from './theme.ts';
import {renderTodo, whatNext} from './what-next.ts';
import {frameOf, type StepFrame, targetAt} from './views/frame.ts';
import type {WizardContext} from './wizard/context.ts';
import {describeProblem} from './wizard/apply-step.ts';
import {profileToSave, replacedBySave} from './wizard/save-step.ts';
import {focusedPath} from './wizard/path-step.ts';
import {splitPath} from './wizard/path-text.ts';
import {settleDraft} from './wizard/resume.ts';
import {modeOf} from './wizard/mode.ts';
import {
  type Action,
  isBusy,
  isTooSmall,
  type Shown,
  type Size,
  smallest,
  viewOf,
  type WizardState,
} from './wizard/state.ts';
import {reduce} from './wizard/wizard.ts';

type Props = {
  readonly context: WizardContext;
  readonly initial: WizardState;
  readonly theme: Theme;
  /** The shell has the terminal: nothing is drawn. */
  readonly isAway?: boolean;
  /** A signal from outside that asks to end: as Ctrl-C. */
  readonly interrupt: AbortSignal;
  /** Ctrl-Z: gives the terminal to the shell until the program is continued. */
  readonly onSuspend: () => void;
  /** Hands a text to the clipboard of the terminal. */
  readonly onCopy: (text: string) => void;
  readonly onEnd: (outcome: WizardOutcome) => void;
};

export const App = ({
  context,
  initial,
  theme,
  isAway = false,
  interrupt,
  onSuspend,
  onCopy,
  onEnd,
}: Props): ReactNode => {
  const [state, dispatch] = useReducer(
    (before: WizardState, action: Action) => reduce(context, before, action),
    initial,
  );
  const latest = useRef(state);
  useEffect(() => {
    latest.current = state;
  });
  useTerminalSize(useCallback((size: Size) => dispatch({type: 'resized', size}), []));
  useTasks(context, state, {dispatch, onCopy});
  useElapsed(
    isBusy(state),
    useCallback((seconds: number) => dispatch({type: 'ticked', seconds}), []),
  );
  useEnd(context, state, onEnd);
  useInterrupt(interrupt, dispatch);
  const frame = useMemo(() => frameOf(context, state), [context, state]);
  useKeys(
    {view: viewOf(state), pane: frame.pane},
    (cell) => targetAt(frame, cell),
    useCallback(
      (keys: readonly Key[], shown: Shown) => {
        if (keys.some(({name}) => name === 'suspend') && !isBusy(latest.current)) onSuspend();
        dispatch({type: 'pressed', keys: keys.filter(({name}) => name !== 'suspend'), shown});
      },
      [onSuspend],
    ),
  );
  return (
    <ThemeContext value={theme}>
      {isAway ? (
        <Text> </Text>
      ) : isTooSmall(state.size) ? (
        <TooSmall size={state.size} />
      ) : (
        <Frame context={context} state={state} frame={frame} />
      )}
    </ThemeContext>
  );
};

/** What was typed after `/`, else what the last key had to say. */
const noticeOf = ({search, notice}: WizardState): string =>
  search.isTyping ? `/${search.text}▏${notice === null ? '' : `   ${notice}`}` : (notice ?? '');

type FrameProps = {readonly context: WizardContext; readonly state: WizardState; readonly frame: StepFrame};

const Frame = ({context, state, frame}: FrameProps): ReactNode => (
  <Box flexDirection="column" width={state.size.columns} height={state.size.rows - 1}>
    <Header context={context} state={state} />
    {state.overlay === 'help' ? (
      <PaneScreen note=" Help " state={state} frame={frame} />
    ) : state.overlay === 'full' ? (
      <PaneScreen note=" Full screen " state={state} frame={frame} />
    ) : state.overlay === 'leave' ? (
      <LeaveScreen context={context} state={state} frame={frame} />
    ) : (
      <StepScreen state={state} frame={frame} />
    )}
    <LineText line={line(noticeOf(state), 'warning')} columns={state.size.columns} />
    <KeyHints mode={modeOf(context, state)} columns={state.size.columns} />
  </Box>
);

const TooSmall = ({size}: {readonly size: Size}): ReactNode => (
  <Text>
    This terminal is {size.columns}x{size.rows}. Make it at least {smallest.columns}x{smallest.rows}. Ctrl-C leaves.
  </Text>
);

type Effects = {readonly dispatch: Dispatch<Action>; readonly onCopy: (text: string) => void};

const useTasks = (context: WizardContext, state: WizardState, {dispatch, onCopy}: Effects): void => {
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
        const {id} =
          isTrial && services.trial !== null
            ? await services.trial.apply(state.preview, onProgress, signal)
            : await services.apply(changes, plan, onProgress, signal);
        dispatch({type: 'apply-succeeded', id});
      } catch (error) {
        dispatch({type: 'apply-failed', error: describeProblem(error), cause: error});
      }
    },
  });
  useTask({
    isWanted: state.todo.phase === 'saving',
    isStopped: false,
    run: () => {
      const list = todoOf(context, state);
      if (list === null) return;
      const saved = services.saveTodo(list);
      dispatch(
        'path' in saved ? {type: 'todo-saved', path: saved.path} : {type: 'todo-failed', problem: saved.problem},
      );
    },
  });
  useTask({
    isWanted: state.exporting !== null,
    isStopped: false,
    run: () => {
      if (state.exporting === null) return;
      const {to, name, text} = state.exporting;
      if (to === 'clipboard') {
        onCopy(text);
        dispatch({type: 'exported', notice: 'Copied, where the terminal lets programs do that (OSC 52).'});
        return;
      }
      const saved = services.saveText(name, text);
      dispatch({type: 'exported', notice: 'path' in saved ? `Saved: ${saved.path}` : `Not saved: ${saved.problem}`});
    },
  });
  useLooking(context, state, dispatch);
  useTask({
    isWanted: state.resume.isDiscarding,
    isStopped: false,
    run: () => dispatch({type: 'draft-discarded', problem: services.drafts?.discard() ?? null}),
  });
  useTask({
    isWanted: state.verify.phase === 'running',
    isStopped: false,
    run: async () => {
      try {
        dispatch({type: 'verified', results: await services.verify()});
      } catch (error) {
        dispatch({type: 'verify-failed', error: describeProblem(error)});
      }
    },
  });
  useTask({
    isWanted: state.undo.phase === 'planning',
    isStopped: false,
    run: async () => {
      try {
        dispatch({type: 'rollback-planned', view: await services.planRollback()});
      } catch (error) {
        dispatch({type: 'rollback-refused', error: describeProblem(error)});
      }
    },
  });
  useTask({
    isWanted: state.undo.phase === 'running' || state.undo.phase === 'stopping',
    isStopped: state.undo.phase === 'stopping',
    run: async (signal) => {
      try {
        const onProgress = (progress: ApplyProgress): void => dispatch({type: 'rollback-progressed', progress});
        dispatch({type: 'rolled-back', result: await services.rollback(onProgress, signal)});
      } catch (error) {
        dispatch({type: 'rollback-failed', error: describeProblem(error), cause: error});
      }
    },
  });
  useTask({
    isWanted: state.save.phase === 'saving',
    isStopped: false,
    run: () => {
      if (state.save.phase !== 'saving') return;
      const {path} = state.save;
      const saved = services.saveProfile(
        profileToSave(context, state),
        path,
        replacedBySave(context, state)?.text ?? null,
      );
      dispatch(
        'path' in saved
          ? {type: 'profile-saved', path: saved.path}
          : {type: 'save-failed', path, problem: saved.problem},
      );
    },
  });
};

/** Questions about files: images, once a field wants one, and the path that is being typed. */
const useLooking = (context: WizardContext, state: WizardState, dispatch: Dispatch<Action>): void => {
  const {files} = context.services;
  const {lookup, images} = state;
  useTask({
    isWanted: images === null && ['iso', 'disk'].includes(focusedPath(context, state)?.kind ?? ''),
    isStopped: false,
    run: async () => dispatch({type: 'images-found', images: await files.findImages()}),
  });
  useTask({
    isWanted: lookup !== null,
    isStopped: false,
    run: async () => {
      if (lookup?.kind === 'complete')
        dispatch({
          type: 'folder-listed',
          entries: await files.list(splitPath(lookup.text).folder, lookup.place),
        });
      if (lookup?.kind === 'check') dispatch({type: 'path-looked-at', looked: await files.lookAt(lookup.text)});
    },
  });
};

/** Of what was applied just now, or of what the start screen shows. */
const todoOf = (
  {services}: WizardContext,
  {apply, preview: {plan}, save, todo: {done}}: WizardState,
): Parameters<WizardServices['saveTodo']>[0] | null => {
  const {commandStyle, facts, machine} = services;
  const listOf = (profile: string, runId: string, tasks: readonly Task[]) => ({
    profile,
    runId,
    done,
    text: renderTodo({profile, runId, tasks, done}, commandStyle),
  });
  if (apply.phase === 'done' && plan !== null)
    return {
      ...listOf(plan.profile, apply.id, whatNext(facts, plan, commandStyle)),
      profilePath: save.phase === 'saved' ? save.path : null,
    };
  if (!machine.isReadable || machine.applied === null) return null;
  const {profile, id, tasks} = machine.applied;
  return {...listOf(profile, id, tasks), profilePath: null};
};

const useEnd = (context: WizardContext, state: WizardState, onEnd: (outcome: WizardOutcome) => void): void => {
  const isTold = useRef(false);
  useEffect(() => {
    if (state.outcome === null || isTold.current) return;
    isTold.current = true;
    onEnd({...state.outcome, draft: settleDraft(context, state)});
  }, [context, state, onEnd]);
};

const useInterrupt = (signal: AbortSignal, dispatch: Dispatch<Action>): void => {
  useEffect(() => {
    const tell = (): void => dispatch({type: 'interrupted'});
    if (signal.aborted) tell();
    signal.addEventListener('abort', tell);
    return () => signal.removeEventListener('abort', tell);
  }, [signal, dispatch]);
};
