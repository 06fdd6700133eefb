import fc from 'fast-check';
import {expect, it} from 'vitest';
import {type Command, exitCodes, present, type Style} from '../../src/commands/command.ts';
import {anything} from '../../src/decode/decode.ts';

const style: Style = {hasColor: false, columns: 80, program: 'x', typed: (text) => text, hint: (text) => text};

const large: Command<unknown, object, unknown> = {
  run: async () => ({}),
  exitCode: () => exitCodes.done,
  document: (result) => result,
  shape: anything,
  isCompact: true,
  describe: () => '',
};

it('a large document in parts is the JSON of the whole', () => {
  const values = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined)));
  fc.assert(
    fc.property(values, (document) => {
      const {out} = present(large, document, {json: true, style});
      expect([...out].join('')).toBe(`${JSON.stringify(document)}\n`);
    }),
    {examples: [[{}], [{nothing: undefined}], [{__proto__: 1, 'a"\n': [undefined]} as never]]},
  );
});
