/** Bundled and run by the test that needs a real terminal. */
import {startWizard} from '../../src/ui/start-wizard.ts';
import {sampleServices} from './sample-services.ts';

const outcome = await startWizard(sampleServices(), {stdin: process.stdin, stdout: process.stdout, environment: process.env, isPlain: true});
console.log(`ended ${outcome.reason}`);
