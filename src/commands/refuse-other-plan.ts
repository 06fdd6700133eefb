import {isDeepStrictEqual} from 'node:util';
import type {Preview} from '../changes/preview.ts';
import {comparable, type SavedPlan} from '../changes/saved-plan.ts';
import {compareWorlds, worldOf} from '../changes/world.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {refuseChangedHost} from '../transaction/transaction.ts';
import {printable} from '../words/printable.ts';
import type {BaseContext} from './command.ts';

/** Throws a TransactionError that says what changed unless this host would get today exactly what the saved plan showed. */
export const refuseOtherThanSaved = (
  {note, version}: Pick<BaseContext, 'note' | 'version'>,
  saved: SavedPlan,
  facts: HostFacts,
  {plan, changes}: Preview,
): void => {
  const {changed, savedAgain} = compareWorlds(saved.world, worldOf(facts, plan, version));
  const isSame = isDeepStrictEqual(comparable(changes), saved.changes);
  refuseChangedHost(
    changed.length === 0 && !isSame ? ['What would be written now is not what the saved plan holds.'] : changed,
  );
  if (savedAgain.length > 0)
    note(`Saved again since the plan was made, with the same content: ${savedAgain.map(printable).join(', ')}.\n`);
};
