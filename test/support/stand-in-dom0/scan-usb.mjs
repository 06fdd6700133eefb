// The thread of XAPI that `xe pusb-scan` wakes: it goes on when that command has ended.
import {setTimeout} from 'node:timers/promises';
import {scan} from './xe-usb.mjs';

await setTimeout(300);
scan(process.argv[2]);
