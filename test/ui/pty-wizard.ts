import {startWizard} from '../../src/ui/start-wizard.ts';
import {sampleServices} from './sample-services.ts';

/** Bundled and run by the test that needs a real terminal. */

/** Told to the test: only what is typed from here on is for the wizard, and Ctrl-C a key instead of a signal to all that runs. */
const setRawMode = process.stdin.setRawMode.bind(process.stdin);
process.stdin.setRawMode = (isRaw) => {
  setRawMode(isRaw);
  if (isRaw) process.stdout.write('\u001b]0;keys are read\u0007');
  return process.stdin;
};

const outcome = await startWizard(() => Promise.resolve(sampleServices()), {
  stdin: process.stdin,
  stdout: process.stdout,
  environment: process.env,
  isPlain: process.env['VFIO_PILOT_COLOUR'] === undefined,
  background: null,
  hasMouse: true,
});
console.log(`ended ${outcome.reason}`);
