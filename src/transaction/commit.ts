import {installItems, installLast} from './install.ts';
import {runArtifacts} from './run-artifacts.ts';
import {checkpoint, type Transaction} from './transaction.ts';

/** From COMMITTING to COMMITTED; does only what is not done yet, so it also finishes an interrupted run. */
export const commit = async (transaction: Transaction): Promise<void> => {
  await installItems(transaction);
  await runArtifacts(transaction, 'before-last');
  await installLast(transaction);
  await runArtifacts(transaction, 'after-last');
  await checkpoint(transaction.signal);
  transaction.events({kind: 'step', step: 'finish'});
  transaction.ledger.save({state: 'COMMITTED'});
};
