import {describeTopology} from '../../topology/describe-topology.ts';
import {segment} from '../lines.ts';
import type {Line} from '../lines.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {WizardState} from '../wizard/state.ts';

export const topologyLines = ({services}: WizardContext, {preview, draft}: WizardState, columns: number): readonly Line[] =>
  describeTopology({
    facts: services.facts,
    pinning: preview.plan?.pinning ?? null,
    memory: preview.plan?.memory ?? null,
    deviceAddresses: (preview.plan?.devices ?? draft.base.devices).map((device) => device.address),
    isGuestFirst: true,
    columns,
  }).map((row) => row.map(({text, role}) => segment(text, role)));
