import type {FileFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import {judgeReadable} from '../own-file.ts';
import type {Rendered} from '../rendered.ts';
import {editCommandLine} from './edit-command-line.ts';
import {editOfPlan, reasonsOfPlan} from './edit-of-plan.ts';

export const kernelCommandLinePath = '/etc/kernel/cmdline';

/**
 * `/etc/kernel/cmdline` with our arguments: proxmox-boot-tool reads its first line, kernel-install all of it with line
 * breaks as blanks and `#` lines left out (systemd: kernel-install(8)). So only a file of one such line is edited.
 */
export const renderKernelCommandLine = (file: FileFacts, plan: Plan): Rendered => {
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const lines = (file.text ?? '').split('\n');
  const used = lines.flatMap((line, index) => (line.trim() === '' || line.trimStart().startsWith('#') ? [] : [index]));
  const [index] = used;
  if (index === undefined || used.length > 1) return refuse(index === undefined ? 'it holds no arguments' : `it has ${used.length} lines of arguments, which its readers join in different ways`);
  const edited = editCommandLine(lines[index] ?? '', editOfPlan(plan));
  if (!edited.ok) return refuse(edited.reason);
  if (edited.text === lines[index]) return {artifacts: [], findings: []};
  const text = lines.with(index, edited.text).join('\n');
  return {
    artifacts: [{kind: 'file', path: kernelCommandLinePath, text, encoding: file.encoding, mode: 0o644, installer: 'file', why: reasonsOfPlan(plan)}],
    findings: [],
  };
};

const refuse = (reason: string): Rendered => ({artifacts: [], findings: [notEditable(reason)]});

const notEditable = (reason: string): Finding => ({
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: kernelCommandLinePath,
  message: `${kernelCommandLinePath} can't be edited safely: ${reason}.`,
  remedy: 'Write all arguments on one line of that file, then run the command again.',
});
