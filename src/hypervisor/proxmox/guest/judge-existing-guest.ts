import type {ProxmoxGuest} from '../../../facts/virtualisation.ts';
import {type ConfigLine, parseGuestConfig, valueOf} from '../../../formats/qemu-server/config.ts';
import type {PlanContext} from '../../../plan/context.ts';

/** What keeps Proxmox from changing this guest, or the guest from starting once it is changed. */
export const judgeExistingGuest = (
  context: PlanContext,
  guest: ProxmoxGuest,
  lines: readonly ConfigLine[],
  isPcie: boolean,
): void => {
  const {vmid} = guest;
  if (guest.isTemplate)
    context.report('blocker', 'guest-locked', {
      subject: 'guest.name',
      message: `${vmid} is a template, which never starts.`,
      remedy: `Make a guest of it first: qm clone ${vmid} NEWID, and set guest.name to the new VMID.`,
    });
  if (guest.lock !== null)
    context.report('blocker', 'guest-locked', {
      subject: 'guest.name',
      message: `Guest ${vmid} is locked (${guest.lock}), and Proxmox VE changes nothing of it until that has ended.`,
      remedy: `Wait for the task that has it. If none runs any more: qm unlock ${vmid}.`,
    });
  if (guest.isActive === true)
    context.report('blocker', 'guest-running', {
      subject: 'guest.name',
      message: `Guest ${vmid} is running, and qm would change a part of it at once and the rest at its next start.`,
      remedy: `Shut it down first: qm shutdown ${vmid}.`,
    });
  if (guest.startsAtBoot)
    context.report('warning', 'guest-autostart', {
      subject: 'guest.name',
      message: `Guest ${vmid} starts with the host (onboot), so at the next boot it takes the card before anybody has seen that all is well; if the host hangs on that, it hangs each time.`,
      remedy: `Until \`vfio-pilot verify\` has kept every promise once: qm set ${vmid} --onboot 0; afterwards qm set ${vmid} --onboot 1.`,
    });
  if (guest.isHighlyAvailable)
    context.report('warning', 'guest-highly-available', {
      subject: 'guest.name',
      message: `The cluster keeps guest ${vmid} running (HA): it starts it at each boot of this node, and on another node when this one fails, where a card of this one is not.`,
      remedy: `Take it out: ha-manager remove vm:${vmid}. If each node has such a card, set guest.mapping: true, and let the mapping name them all.`,
    });
  if (guest.snapshots.length > 0)
    context.report('note', 'guest-snapshots', {
      subject: 'guest.name',
      message: `Guest ${vmid} has snapshots (${guest.snapshots.join(', ')}): \`qm rollback ${vmid} NAME\` gives it the settings of that time, without what this plan sets.`,
      remedy: 'After going back to one, run apply again; `vfio-pilot verify` says what is missing.',
    });
  judgeWaiting(context, guest);
  judgeHotplug(context, vmid, lines);
  if (!isPcie)
    context.report('note', 'guest-setting-replaced', {
      subject: 'guest.name',
      message: `Guest ${vmid} has the machine type i440fx, where the card is a plain PCI device (pcie=1 needs q35). It stays, as another one can keep an installed system from starting.`,
      remedy: `If you want PCI Express: qm set ${vmid} --machine q35, and plan again.`,
    });
};

/** Changes that somebody made while the guest ran; `qm set` puts them in force together with this plan's. */
const judgeWaiting = ({facts, report}: PlanContext, {vmid, path}: ProxmoxGuest): void => {
  const {pending} = parseGuestConfig(facts.files[path]?.text ?? '');
  if (pending.length === 0) return;
  report('note', 'guest-setting-replaced', {
    subject: 'guest.name',
    message: `Changes wait for the next start of guest ${vmid} (${pending.map(({key, value}) => `${key}: ${value}`).join('; ')}). They come into force together with this plan, which replaces those of its own settings.`,
    remedy: `Look at them: qm pending ${vmid}. To drop one: qm set ${vmid} --revert KEY.`,
  });
};

/** "cannot enable memory hotplugging with custom NUMA topology" (`PVE::QemuServer::Memory`). */
const judgeHotplug = (context: PlanContext, vmid: number, lines: readonly ConfigLine[]): void => {
  const words = (valueOf(lines, 'hotplug') ?? '').split(/[\s,;]+/);
  if (!words.includes('memory')) return;
  context.report('blocker', 'guest-option-unsupported', {
    subject: 'guest.name',
    message: `Guest ${vmid} may get memory while it runs (hotplug), which Proxmox VE refuses together with the numa lines that this plan needs; a guest with a card cannot take memory in anyway.`,
    remedy: `Take it out: qm set ${vmid} --hotplug ${words.filter((word) => word !== 'memory' && word !== '').join(',') || '0'}.`,
  });
};
