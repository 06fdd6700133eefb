import type {Plan, PlannedDevice} from '../plan/plan.ts';
import type {Task} from '../plan/task.ts';

export const isCard = ({class: kind}: PlannedDevice): boolean => kind?.startsWith('03') ?? false;

/** Its picture is not where a newcomer looks for it. */
export const connector = ({devices}: Plan): readonly Task[] =>
  devices.some(isCard)
    ? [
        {
          id: 'monitor',
          title: 'Connect a monitor, or a dummy plug, to the card',
          why: 'Its picture comes out of its own connectors, and not in a window on the host.',
          commands: [],
        },
      ]
    : [];

const makers: Readonly<Record<string, string>> = {'10de': 'NVIDIA', '1002': 'AMD', '8086': 'Intel'};

export const cardDriver = ({devices}: Plan): readonly Task[] => {
  const card = devices.find(isCard);
  if (card === undefined) return [];
  const maker = makers[card.id?.slice(0, 4) ?? ''] ?? null;
  return [
    {
      id: 'card-driver',
      title: `Install the driver of the card in the guest${maker === null ? '' : ` (from ${maker}, or from its distribution)`}`,
      why: 'After that the monitor at the card shows the guest.',
      commands: [],
    },
  ];
};
