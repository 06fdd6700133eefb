import type {HostFacts} from '../../facts/host-facts.ts';
import {about, type Check} from '../../findings/check.ts';
import {checkDevices} from '../xen/checks.ts';
import {judgeByPolicy, parseUsbPolicy} from '../../formats/xapi/usb-policy.ts';
import {policyPath} from './usb/policy.ts';
import {xapiOf} from './xapi-facts.ts';

export const checkXapiHost = (facts: HostFacts): readonly Check[] => [
  checkXapi(facts),
  checkUsb(facts),
  ...checkDevices(facts),
];

const checkXapi = (facts: HostFacts): Check => {
  const {ok, error} = about('xapi', 'XCP-ng');
  const {version, info, xapi} = xapiOf(facts);
  const what = `${xapi.product} ${xapi.version ?? 'of unknown version'} with Xen ${version ?? 'of unknown version'}`;
  if (info === null)
    return error(`${what}; \`xl info -n\` does not answer.`, 'Capture the host again, as root, with `capture --host`.');
  if (xapi.vms === null)
    return error(
      `${what}; \`xe vm-list\` does not answer.`,
      'Run xe-toolstack-restart in dom0, then capture it again.',
    );
  return ok(
    `${what}, ${xapi.hosts === null ? 'hosts unknown' : xapi.hosts === 1 ? 'alone' : `in a pool of ${xapi.hosts} hosts`}, VMs: ${xapi.vms.map(({name}) => name).join(', ') || 'none'}.`,
  );
};

/** Which of the devices that are plugged in could go to a VM. */
const checkUsb = ({files, usb}: HostFacts): Check => {
  const {ok, info, warning} = about('xapi-usb', 'USB devices for VMs');
  const text = files[policyPath]?.text ?? null;
  if (text === null) return info(`${policyPath} is not there, so XAPI offers no USB device.`);
  const policy = parseUsbPolicy(text);
  if (policy.fault !== null)
    return warning(
      `XAPI can’t read line ${policy.fault.number} of ${policyPath}, so it offers no USB device.`,
      'Correct that line, then run `xe pusb-scan` in dom0.',
    );
  const known = usb.flatMap(({id, port, release, classes}) =>
    classes === null ? [] : [{name: `${id} at ${port}`, ...judgeByPolicy(policy, {id, release, classes})}],
  );
  const [allowed, denied] = [true, false].map((wanted) => known.filter(({isAllowed}) => isAllowed === wanted));
  return ok(
    `${policyPath} allows ${allowed?.map(({name}) => name).join(', ') || 'none of those that are plugged in'}, and denies ${denied?.map(({name, denial}) => `${name}${denial === null ? '' : ` (line ${denial.number})`}`).join(', ') || 'none'}.`,
  );
};
