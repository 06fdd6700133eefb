import {judgeReadable, oneLine, type Rendered} from '../../../artifacts/rendered.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import {allowInPolicy, parseUsbPolicy} from '../../../formats/xapi/usb-policy.ts';
import type {XapiPlan} from '../xapi-facts.ts';

export const policyPath = '/etc/xensource/usb-policy.conf';

/** The policy with a rule for each device of the plan that it denies; nothing where it denies none. */
export const renderPolicy = ({files, usb}: HostFacts, {guest, profile}: XapiPlan): Rendered => {
  const file = files[policyPath];
  const present = file?.text ?? null;
  if (guest.usb.length === 0 || file === undefined) return {artifacts: [], findings: []};
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  if (present === null || parseUsbPolicy(present).fault !== null) return {artifacts: [], findings: []};
  const text = guest.usb.reduce((before, {id, port}) => {
    const device = usb.find((one) => one.id === id && one.port === port);
    const classes = device?.classes ?? null;
    return classes === null || device === undefined
      ? before
      : (allowInPolicy(before, {...device, classes}, `vfio-pilot, profile ${oneLine(profile)}`) ?? before);
  }, present);
  if (text === present) return {artifacts: [], findings: []};
  return {
    artifacts: [
      {
        kind: 'file',
        path: policyPath,
        text,
        encoding: file.encoding,
        mode: 0o644,
        placing: 'first',
        by: 'writer',
        why: ['XAPI offers a USB device only where the first rule that is true of each of its interfaces allows it'],
      },
    ],
    findings: [],
  };
};
