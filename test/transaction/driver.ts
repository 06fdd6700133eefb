import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {hostChanges, never, programs, request, silent} from './scenario.ts';

/** A process of its own that applies to the tree argv[3] and can be killed: `apply` or `rollback` in argv[2]. */
const [, , verb, root] = process.argv;
if (root === undefined) throw new Error('which tree?');
const machine = realMachine(root, programs);
process.stdout.write('ready\n');
if (verb === 'rollback') await rollback(machine, {}, silent, never);
else await applyChanges(machine, request(hostChanges(machine)), silent, never);
process.stdout.write('done\n');
