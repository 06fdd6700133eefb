import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {editPreset} from '../initramfs/edit-preset.ts';
import type {Rendered} from '../rendered.ts';

/** Presets of mkinitcpio that make the images of our entries anew at each update of the kernel. */
export const renderPresets = (facts: HostFacts, plan: Plan, images: readonly {readonly of: string; readonly path: string}[]): Rendered => {
  if (plan.initramfs !== 'mkinitcpio') return {artifacts: [], findings: []};
  const presets = Object.values(facts.files).filter((file) => file.path.startsWith('/etc/mkinitcpio.d/') && file.path.endsWith('.preset'));
  const artifacts = presets.flatMap((file): Rendered['artifacts'] => {
    const text = editPreset(file.text ?? '', images, plan.profile);
    const why = ['The kernel keeps its name when it is updated; then mkinitcpio makes the image of our boot entry anew as well.'];
    return text === null ? [] : [{kind: 'file', path: file.path, text, encoding: file.encoding, mode: 0o644, installer: 'file', why}];
  });
  return {artifacts, findings: []};
};
