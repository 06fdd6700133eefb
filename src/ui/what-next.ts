import type {HostFacts} from '../facts/host-facts.ts';
import {hypervisorOf, isScripted} from '../hypervisor/hypervisors.ts';
import type {Plan} from '../plan/plan.ts';
import {neededModules} from '../plan/signing/needed-modules.ts';
import {refusalsOf} from '../plan/signing/refusal.ts';
import type {Task} from '../plan/task.ts';
import {withProgramName} from '../words/with-program-name.ts';
import {asksForReboot} from './asks-for-reboot.ts';
import {type CommandStyle, isThisMachine, readingCommand} from './command-style.ts';

/** All that a person does once the plan is applied, in order; `verify` ticks the reboot and itself. */
export const whatNext = (facts: HostFacts, plan: Plan, style: CommandStyle): readonly Task[] => {
  const {beforeReboot, afterReboot} = hypervisorOf(facts).tasks(facts, plan);
  // A key is enrolled in the firmware of the machine that runs, by who sits in front of it.
  const signing = isThisMachine(style) ? signingTasks(facts, plan) : [];
  const isRebooted = isThisMachine(style) && (asksForReboot(facts, plan) || signing.some(({id}) => id === 'enrol-key'));
  const reboot: Task = {
    id: 'reboot',
    title: 'Reboot',
    why: 'Card, hugepages and kernel arguments take effect at the next boot.',
    commands: [{text: 'systemctl reboot', needsRoot: true}],
  };
  const verify: Task = {
    id: 'verify',
    title: isRebooted ? 'Verify, after the reboot' : 'Verify',
    why: isThisMachine(style)
      ? 'It checks the result and says what to do. This program does it too when it starts.'
      : 'It checks the result. Parts that need a reboot stay "pending" here.',
    commands: [{text: readingCommand(style, 'verify'), needsRoot: true}],
  };
  return [
    ...[...beforeReboot, ...signing].map((task) => typed(task, style)),
    ...(isRebooted ? [reboot] : []),
    // Where a script wrote, its own tasks say how.
    ...(isScripted(plan) ? [] : [verify]),
    ...afterReboot.map((task) => typed(task, style)),
  ];
};

/** Each once, although several refusals may ask for it. */
const signingTasks = (facts: HostFacts, plan: Plan): readonly Task[] => {
  const tasks = refusalsOf(facts, neededModules(facts, plan, hypervisorOf(facts).hostModules(plan))).flatMap(
    (refusal) => refusal.tasks,
  );
  return tasks.filter((task, index) => tasks.findIndex(({id}) => id === task.id) === index);
};

/** With the commands of this program as this person types them. */
const typed = (task: Task, style: CommandStyle): Task => ({
  ...task,
  why: task.why === null ? null : withProgramName(task.why, style.program),
  commands: task.commands.map(({text, needsRoot, isOwn}) => ({
    text: isOwn === true ? readingCommand(style, text) : text.replace(/^vfio-pilot /, `${style.program} `),
    needsRoot,
  })),
});

/** A command as this person types it. */
export const typedCommand = ({text, needsRoot}: Task['commands'][number], {sudo}: CommandStyle): string =>
  needsRoot ? `${sudo}${text}` : text;

type List = {
  readonly profile: string;
  readonly runId: string;
  readonly tasks: readonly Task[];
  /** Ids of tasks that are done. */
  readonly done: readonly string[];
};

/** A task list as GitHub and most editors show it; a person ticks `[x]` here or in the wizard. */
export const renderTodo = ({profile, runId, tasks, done}: List, style: CommandStyle): string =>
  [
    `# To do for ${profile}`,
    '',
    `Applied as ${runId}. Write [x] where something is done; \`${style.program}\` shows what is left.`,
    '',
    ...tasks.flatMap(({id, title, why, commands}) => [
      `- [${done.includes(id) ? 'x' : ' '}] ${title} <!-- ${id} -->`,
      ...(why === null ? [] : [`  ${why}`]),
      ...commands.map((command) => `      ${typedCommand(command, style)}`),
    ]),
    '',
  ].join('\n');

/** Ids of what is ticked in the file of this run, whatever else a person has written into it. */
export const readTicks = (text: string, runId: string): readonly string[] =>
  isOfRun(text, runId)
    ? [...text.matchAll(/^- \[[xX]\] .*<!-- ([a-z-]+) -->\s*$/gm)].flatMap(([, id]) => id ?? [])
    : [];

/**
 * What the file is to hold. Of one that has the list of this run only the ticks change, so that a person's notes stay;
 * one that holds anything else is kept next to it.
 */
export const updateTodo = (
  present: string | null,
  {runId, done, text}: {readonly runId: string; readonly done: readonly string[]; readonly text: string},
): {readonly text: string; readonly isOldKept: boolean} =>
  present === null || !isOfRun(present, runId)
    ? {text, isOldKept: present !== null}
    : {
        text: present.replaceAll(
          /^- \[[ xX]\](?= .*<!-- ([a-z-]+) -->\s*$)/gm,
          (_, id: string) => `- [${done.includes(id) ? 'x' : ' '}]`,
        ),
        isOldKept: false,
      };

const isOfRun = (text: string, runId: string): boolean => text.includes(`\nApplied as ${runId}. `);
