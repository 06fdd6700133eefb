import {isCard, showsOnCard} from '../plan/device/card-outputs.ts';
import type {Plan} from '../plan/plan.ts';
import type {Task} from '../plan/task.ts';

/** Its picture is not where a newcomer looks for it. */
export const connector = (plan: Pick<Plan, 'devices'>): readonly Task[] => {
  if (!plan.devices.some(isCard)) return [];
  return showsOnCard(plan)
    ? [
        {
          id: 'monitor',
          title: 'Connect a monitor, or a dummy plug, to the card',
          why: 'Its picture comes out of its own connectors, and not in a window on the host.',
          commands: [],
        },
      ]
    : [
        {
          id: 'remote-screen',
          title: 'In the guest, turn on a way to reach it over the network (Remote Desktop, VNC, ssh)',
          why: 'The card has no outputs, so no monitor shows the guest. Keep the emulated screen until you reach it.',
          commands: [],
        },
      ];
};

const makers: Readonly<Record<string, string>> = {'10de': 'NVIDIA', '1002': 'AMD', '8086': 'Intel'};

export const cardDriver = (plan: Pick<Plan, 'devices'>): readonly Task[] => {
  const card = plan.devices.find(isCard);
  if (card === undefined) return [];
  const maker = makers[card.id?.slice(0, 4) ?? ''] ?? null;
  return [
    {
      id: 'card-driver',
      title: `Install the driver of the card in the guest${maker === null ? '' : ` (from ${maker}, or from its distribution)`}`,
      why: showsOnCard(plan)
        ? 'After that the monitor at the card shows the guest.'
        : 'After that programs in the guest can use the card.',
      commands: [],
    },
  ];
};
