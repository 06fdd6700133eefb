import {recoverWith} from '../transaction/recover.ts';

export const recover = recoverWith(async () => (await import('./transactions.ts')).ports);
