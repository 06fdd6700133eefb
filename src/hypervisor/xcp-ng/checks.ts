import type {HostFacts} from '../../facts/host-facts.ts';
import {about, type Check} from '../../findings/check.ts';
import {checkDevices} from '../xen/checks.ts';
import {xapiOf} from './xapi-facts.ts';

export const checkXapiHost = (facts: HostFacts): readonly Check[] => [checkXapi(facts), ...checkDevices(facts)];

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
