import type {HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import {judgeReadable} from '../own-file.ts';
import {joinRendered, renderOwned} from '../render-owned.ts';
import type {Rendered} from '../rendered.ts';
import type {InitramfsBackend} from './initramfs-system.ts';
import {bootScriptPath, editInitramfsModules, initramfsModulesPath, renderBootScript} from './initramfs-tools.ts';
import {initramfsTriggers, renderInitramfs, renderInitramfsCopy} from './initramfs-tools-images.ts';

const renderFiles = (facts: HostFacts, plan: Plan): Rendered => {
  const {byAddress} = plan.binding;
  const script = byAddress.length === 0 ? '' : renderBootScript(plan, facts.pci);
  const owned = renderOwned(facts, bootScriptPath, script, 0o755, `Gives ${byAddress.join(' and ')} to vfio-pci before udev loads any driver.`);
  return joinRendered([owned, renderModules(facts, plan)]);
};

const renderModules = (facts: HostFacts, plan: Plan): Rendered => {
  const present = facts.files[initramfsModulesPath];
  const unreadable = judgeReadable(present);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const before = present?.text ?? '';
  const text = editInitramfsModules(before, plan.binding.initramfsModules, plan.profile);
  if (text === null) return {artifacts: [], findings: [damagedMarks]};
  if (text === before && plan.binding.initramfsModules.length === 0) return {artifacts: [], findings: []};
  return {
    artifacts: [{kind: 'file', path: initramfsModulesPath, text, encoding: present?.encoding ?? 'utf8', mode: 0o644, installer: 'file', why: [`The initramfs must contain ${plan.binding.initramfsModules.join(', ') || 'no module for passthrough'}.`]}],
    findings: [],
  };
};

const damagedMarks: Finding = {
  code: 'file-foreign',
  severity: 'blocker',
  subject: initramfsModulesPath,
  message: `${initramfsModulesPath} has only one of the two marks "# BEGIN vfio-pilot" and "# END vfio-pilot", or has them twice.`,
  remedy: 'Remove the lines that vfio-pilot wrote, with the marks, then run the command again.',
};

export const initramfsTools: InitramfsBackend = {renderFiles, triggers: initramfsTriggers, renderImages: renderInitramfs, renderCopy: renderInitramfsCopy, judgeSettings: () => [], judgeImages: () => []};
