import {type AnswerEffect, answerShape} from '../../artifacts/answer.ts';
import {probeOf, type Tools} from '../../artifacts/ports.ts';

type Argv = readonly [string, ...string[]];

export const answerProbe = probeOf(answerShape, {
  check: (tools, effect) => expectAnswer(tools, effect, effect.after),
  checkUndone: (tools, effect) => expectAnswer(tools, effect, effect.before),
  resource: ({ask}) => ask.join(' '),
});

const expectAnswer = async (tools: Tools, {ask, alive, names}: AnswerEffect, wanted: string): Promise<void> => {
  if (Object.keys(names).length > 0) throw new Error('only a script finds the names of this command');
  if (alive !== null) await tools.run(alive, 60);
  const said = await answerOf(tools, ask, alive !== null);
  if (said !== null && said !== wanted)
    throw new Error(`${ask.join(' ')} should say ${JSON.stringify(wanted)}, and says ${JSON.stringify(said)}.`);
};

const answerOf = async ({run}: Tools, ask: Argv, mayFail: boolean): Promise<string | null> => {
  try {
    const result = await run(ask, 60);
    return result.state === 'not-run' ? null : result.stdout.replace(/\n+$/, '');
  } catch (error) {
    if (mayFail) return '';
    throw error;
  }
};
