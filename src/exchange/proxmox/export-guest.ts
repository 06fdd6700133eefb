import type {Change} from '../../changes/change.ts';
import type {Preview} from '../../changes/preview.ts';
import {UsageError} from '../../errors.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {nextStartOf, parseGuestConfig} from '../../formats/qemu-server/config.ts';
import {changeOfSettings, isNoChange} from '../../formats/qemu-server/settings.ts';
import {createArguments, setArguments} from '../../hypervisor/proxmox/qm-arguments.ts';
import {proxmoxPlanOf, type ProxmoxPlan} from '../../hypervisor/proxmox/proxmox-facts.ts';
import {renderWantedGuest} from '../../hypervisor/proxmox/config/render-guest.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import type {Exporter, Section} from '../exporter.ts';

/** The guest as `qm` commands, and as lines of its file; with what else the plan would change on the host, by name. */
export const exportGuest: Exporter = (facts, {plan: planned, changes}) => {
  if (planned.guest.kind !== 'proxmox')
    throw new UsageError(
      'This host is no Proxmox VE, so the plan has no guest of it.',
      'Run it on the node, or with --root on a capture of it.',
    );
  const plan = proxmoxPlanOf(planned);
  const scripts = changes.filter(({path}) => path === plan.guest.hookscript?.path);
  const host = changes.filter(({path}) => path !== plan.guest.path && !scripts.some((one) => one.path === path));
  return [
    ...scripts.map(scriptSection),
    commandSection(facts, plan),
    lineSection(facts, plan),
    ...(host.length === 0 ? [] : [hostSection(host)]),
  ];
};

const commandSection = (facts: HostFacts, plan: ProxmoxPlan): Section => {
  const {guest} = plan;
  const present = facts.files[guest.path]?.text ?? null;
  const wanted = renderWantedGuest(facts, plan);
  const change = changeOfSettings(present ?? '', wanted);
  const argv = present === null ? createArguments(guest.vmid, wanted) : setArguments(guest.vmid, change, null);
  const isDone = present !== null && isNoChange(change);
  return {
    title: `Run as root on the node, with guest ${guest.vmid} shut down`,
    lines: isDone ? [`# Guest ${guest.vmid} has all of it.`] : [['qm', ...argv.map(quoteForShell)].join(' ')],
  };
};

/** Those that differ: what is not named stays. */
const lineSection = (facts: HostFacts, plan: ProxmoxPlan): Section => {
  const {path} = plan.guest;
  const present = facts.files[path]?.text ?? '';
  const {set, remove, revert} = changeOfSettings(present, renderWantedGuest(facts, plan));
  const current = nextStartOf(parseGuestConfig(renderWantedGuest(facts, plan)));
  const reverted = current.filter(({key}) => revert.includes(key)).map(({key, value}) => [key, value] as const);
  return {
    title: `The same as lines of ${path}`,
    lines: [
      ...[...set, ...reverted].map(([key, value]) => `${key}: ${value}`),
      ...remove.map((key) => `# without ${key}`),
    ],
  };
};

const scriptSection = ({path, ...change}: Change): Section => {
  const text = 'content' in change ? (change.content?.text ?? null) : null;
  return {
    title: `The hookscript ${path}`,
    lines:
      text === null
        ? [`rm ${quoteForShell(path)}`]
        : [
            `mkdir -p ${quoteForShell(path.slice(0, path.lastIndexOf('/')))}`,
            `cat > ${quoteForShell(path)} <<'END_OF_HOOKSCRIPT'`,
            ...text.trimEnd().split('\n'),
            'END_OF_HOOKSCRIPT',
            `chmod 755 ${quoteForShell(path)}`,
          ],
  };
};

const hostSection = (changes: Preview['changes']): Section => ({
  title: 'What the plan changes on the host besides (`vfio-pilot plan` shows each byte)',
  lines: changes.map(({kind, path}) => `# ${kind} ${path}`),
});
