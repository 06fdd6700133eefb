import {type AnswerEffect, plainAnswer} from '../../../artifacts/answer.ts';
import type {CommandArtifact} from '../../../artifacts/artifact.ts';
import {joinRendered, type Rendered} from '../../../artifacts/rendered.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {XapiFacts} from '../../../facts/virtualisation.ts';
import {placeOf, recordOf, type XapiPlan, xapiOf} from '../xapi-facts.ts';
import {xe, xeField} from '../xe.ts';
import {policyPath, renderPolicy} from './policy.ts';

type Device = XapiPlan['guest']['usb'][number];

/** A scan goes on after its command has ended (xen-api: xapi_pusb.ml). */
const scanSeconds = 30;

/**
 * A USB device for a VM, in the order that XAPI wants: the policy allows it, XAPI has a record of it (PUSB), dom0 leaves
 * it alone, and the VM has a place for it (VUSB). What has a UUID only then is asked for by what it is.
 */
export const renderUsb = (facts: HostFacts, plan: XapiPlan): Rendered => {
  const {xapi} = xapiOf(facts);
  const {host} = xapi;
  const {uuid, usb} = plan.guest;
  if (host === null || uuid === null) return {artifacts: [], findings: []};
  const policy = renderPolicy(facts, plan);
  return joinRendered([
    policy,
    {
      artifacts: [
        ...scan(host, xapi, usb, policy.artifacts.length > 0),
        ...usb.flatMap((device) => [...enable(host, xapi, device), ...attach(host, xapi, device, plan)]),
      ],
      findings: [],
    },
  ]);
};

/** What tells a device from all others of the pool. */
const filtersOf = (host: string, {id, port}: Device): readonly string[] => {
  const [vendor, product] = id.split(':');
  return [`host-uuid=${host}`, `path=${port}`, `vendor-id=${vendor}`, `product-id=${product}`];
};

/** One for all: the records of the others are waited for where they are used. */
const scan = (
  host: string,
  xapi: XapiFacts,
  usb: readonly Device[],
  changesPolicy: boolean,
): readonly CommandArtifact[] => {
  const missing = usb.find((device) => recordOf(xapi, device) === null);
  if (missing === undefined) return [];
  const argv = xe('pusb-scan', `host-uuid=${host}`);
  return [
    {
      kind: 'command',
      argv,
      // With the old policy XAPI forgets the device again. Under a policy that stays it would have found it by itself.
      undo: changesPolicy ? argv : null,
      triggers: changesPolicy ? [policyPath] : [],
      timeoutSeconds: 120,
      effect: {
        ...plainAnswer,
        kind: 'answer',
        ask: xeField('pusb-list', 'path', ...filtersOf(host, missing)),
        alive: null,
        before: '',
        after: missing.port,
        patienceSeconds: scanSeconds,
      } satisfies AnswerEffect,
      why: [`XAPI has no record of the device at ${missing.port} yet`],
    },
  ];
};

const enable = (host: string, xapi: XapiFacts, device: Device): readonly CommandArtifact[] => {
  if (recordOf(xapi, device)?.isEnabled === true) return [];
  const filters = filtersOf(host, device);
  const pusb = xeField('pusb-list', 'uuid', ...filters);
  const set = (value: boolean) => xe('pusb-param-set', 'uuid={pusb}', `passthrough-enabled=${value}`);
  return [
    {
      kind: 'command',
      argv: set(true),
      undo: set(false),
      triggers: [],
      timeoutSeconds: 120,
      effect: {
        ...plainAnswer,
        kind: 'answer',
        // A device that XAPI does not know, and one that it keeps, answer alike: neither is given out.
        ask: xeField('pusb-list', 'path', ...filters, 'passthrough-enabled=true'),
        alive: null,
        before: '',
        after: device.port,
        names: {pusb},
      } satisfies AnswerEffect,
      why: [
        `dom0 leaves the device ${device.id} at ${device.port} alone`,
        `{pusb} is what ${pusb.slice(1).join(' ')} answers then`,
      ],
    },
  ];
};

const attach = (
  host: string,
  xapi: XapiFacts,
  device: Device,
  {guest: {uuid, name}}: XapiPlan,
): readonly CommandArtifact[] => {
  if (uuid === null || placeOf(xapi, device)?.vm === uuid) return [];
  const group = xeField('pusb-list', 'usb-group-uuid', ...filtersOf(host, device));
  const own = ['usb-group-uuid={group}', `vm-uuid=${uuid}`];
  return [
    {
      kind: 'command',
      argv: xe('vusb-create', ...own),
      undo: xe('vusb-destroy', 'uuid={vusb}'),
      triggers: [],
      timeoutSeconds: 120,
      effect: {
        ...plainAnswer,
        kind: 'answer',
        // Of any VM: XAPI gives a group to one only.
        ask: xeField('vusb-list', 'vm-uuid', 'usb-group-uuid={group}'),
        alive: null,
        before: '',
        after: uuid,
        names: {group, vusb: xeField('vusb-list', 'uuid', ...own)},
        idle: {
          ask: xeField('vusb-list', 'vm-uuid', ...own, 'currently-attached=true'),
          remedy: `The VM ${name} runs with the USB device. Shut it down first: xe vm-shutdown uuid=${uuid}`,
        },
      } satisfies AnswerEffect,
      why: [
        `the VM ${name} has the device ${device.id} at ${device.port} from its next start on`,
        `{group} is what ${group.slice(1).join(' ')} answers then`,
      ],
    },
  ];
};
