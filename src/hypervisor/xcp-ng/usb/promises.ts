import type {HostFacts} from '../../../facts/host-facts.ts';
import type {XapiFacts} from '../../../facts/virtualisation.ts';
import {judgeByPolicy, parseUsbPolicy} from '../../../formats/xapi/usb-policy.ts';
import type {PromiseResult} from '../../../findings/promise-result.ts';
import {placeOf, recordOf, type XapiPlan} from '../xapi-facts.ts';
import {policyPath} from './policy.ts';

type Device = XapiPlan['guest']['usb'][number];

/** Of each USB device the whole chain, from the policy to the VM: the first link that is missing is the fact. */
export const usbPromises = (facts: HostFacts, {guest}: XapiPlan): readonly PromiseResult[] => {
  const {virtualisation} = facts;
  const xapi = virtualisation.kind === 'xen' ? virtualisation.xapi : null;
  return guest.usb.map((device): PromiseResult => {
    const promise = {
      id: 'xapi-usb',
      promise: `The VM ${guest.name} gets the USB device ${device.id} at ${device.port}.`,
    };
    if (xapi === null || xapi.pusbs === null || xapi.vusbs === null)
      return {...promise, status: 'unknown', fact: '`xe pusb-list` or `xe vusb-list` gave no answer.', remedy: null};
    const missing = missingLink(facts, xapi, device, guest.uuid);
    return {
      ...promise,
      status: missing === null ? 'kept' : 'broken',
      fact: missing ?? 'XAPI gives it out, dom0 leaves it alone, and the VM has a place for it.',
      remedy:
        missing === null ? null : 'Plug it in where it was, capture the host again, and make a new script of that.',
    };
  });
};

const missingLink = (facts: HostFacts, xapi: XapiFacts, device: Device, vm: string | null): string | null => {
  const record = recordOf(xapi, device);
  if (record === null) return whyUnknown(facts, device);
  if (!record.isEnabled)
    return 'XAPI knows it, but leaves it with dom0 (passthrough-enabled: false): it was pulled out, or somebody changed that.';
  const place = placeOf(xapi, device);
  if (place === null) return 'No VM has a place for it (`xe vusb-list`).';
  return place.vm === vm ? null : `The VM with the UUID ${place.vm} has it.`;
};

const whyUnknown = ({usb, files}: HostFacts, {id, port}: Device): string => {
  const found = usb.find((one) => one.id === id && one.port === port);
  const elsewhere = usb.find((one) => one.id === id);
  if (found === undefined)
    return elsewhere === undefined
      ? 'It is not plugged in.'
      : `It is plugged in at ${elsewhere.port}, where it is another device to XAPI.`;
  const policy = parseUsbPolicy(files[policyPath]?.text ?? '');
  if (policy.fault !== null)
    return `XAPI can’t read line ${policy.fault.number} of ${policyPath}, and offers no USB device.`;
  const {isAllowed, denial} = judgeByPolicy(policy, {...found, classes: found.classes ?? []});
  if (isAllowed) return `XAPI has no record of it (\`xe pusb-list\`), although ${policyPath} allows it.`;
  return denial === null
    ? `No rule of ${policyPath} allows it.`
    : `Line ${denial.number} of ${policyPath} denies it (${denial.text.trim()}).`;
};
