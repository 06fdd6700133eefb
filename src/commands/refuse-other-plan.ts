import {isDeepStrictEqual} from 'node:util';
import {compareWorlds} from '../changes/compare-worlds.ts';
import type {Preview} from '../changes/preview.ts';
import {comparable} from '../changes/saved-plan.ts';
import type {SavedPlan} from '../changes/saved-plan.ts';
import {worldOf} from '../changes/world.ts';
import type {HostFacts} from '../host/facts.ts';
import {refuseChangedHost} from '../transaction/refuse.ts';
import {printable} from '../ui/printable.ts';
import type {CommandContext} from './context.ts';

/** Throws a TransactionError that says what changed unless this host would get today exactly what the saved plan showed. */
export const refuseOtherThanSaved = ({err, version}: CommandContext, saved: SavedPlan, facts: HostFacts, {plan, changes}: Preview): void => {
  const {changed, savedAgain} = compareWorlds(saved.world, worldOf(facts, plan, version));
  const isSame = isDeepStrictEqual(comparable(changes), saved.changes);
  refuseChangedHost(changed.length === 0 && !isSame ? ['What would be written now is not what the saved plan holds.'] : changed);
  if (savedAgain.length > 0) err(`Saved again since the plan was made, with the same content: ${savedAgain.map(printable).join(', ')}.\n`);
};
