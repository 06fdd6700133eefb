import type {Plan} from '../../plan/plan.ts';
import type {CommandLineEdit} from './edit-command-line.ts';

export const editOfPlan = ({kernelArguments: {add, remove, ownedKeys}}: Plan): CommandLineEdit => ({
  add: add.map((argument) => argument.text),
  remove: remove.map((argument) => argument.text),
  ownedKeys,
});

export const reasonsOfPlan = ({kernelArguments: {add, remove}}: Plan): readonly string[] =>
  [...add, ...remove].map((argument) => `${argument.text}: ${argument.because}`);
