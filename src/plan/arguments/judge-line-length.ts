import {editCommandLine} from '../../formats/kernel-line/edit.ts';
import {kernelLineBytes} from '../../formats/kernel-line/tokens.ts';
import type {PlanContext} from '../context.ts';
import type {KernelArgumentPlan} from '../plan.ts';

/**
 * The kernel cuts its command line without a word, and what was added last is lost first. Judged are the line of this
 * boot, which has what the boot loader adds itself, and the lines of the next one; each with the plan's arguments.
 */
export const judgeLineLength = (context: PlanContext, {add, remove, ownedKeys}: KernelArgumentPlan): void => {
  if (add.length === 0) return;
  const {commandLine, next} = context.facts.boot;
  const edit = {add: add.map(({text}) => text), remove: remove.map(({text}) => text), ownedKeys};
  const bytes = Math.max(...[commandLine ?? '', ...(next ?? [])].map((line) => bytesAfter(line, edit)));
  if (bytes <= kernelLineBytes) return;
  context.report('blocker', 'kernel-line-too-long', {
    subject: 'kernelArguments',
    message: `The kernel command line would have ${bytes} bytes, and the kernel reads only the first ${kernelLineBytes}.`,
    remedy: 'Run `cat /proc/cmdline`, and take arguments that you do not need out of the boot loader’s configuration.',
  });
};

const bytesAfter = (line: string, edit: Parameters<typeof editCommandLine>[1]): number => {
  const edited = line.length > kernelLineBytes ? null : editCommandLine(line, edit);
  return new TextEncoder().encode(edited?.ok === true ? edited.text : line).length;
};
