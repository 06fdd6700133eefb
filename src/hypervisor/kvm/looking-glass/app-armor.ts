import {
  joinRendered,
  judgeReadable,
  oneLine,
  ownHeader,
  type Rendered,
  renderOwned,
} from '../../../artifacts/rendered.ts';
import {type FileTable, keeps} from '../../../facts/file-table.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import {hasDamagedBlock, withOwnBlock, withoutOwnBlock} from '../../../formats/own-block.ts';
import {listWords} from '../../../words/list-words.ts';

const directory = '/etc/apparmor.d';
/** What the profile of every guest includes. libvirt loads that profile anew whenever a guest starts. */
const abstraction = `${directory}/abstractions/libvirt-qemu`;
const ownPath = `${abstraction}.d/vfio-pilot`;
const localPath = `${directory}/local/abstractions/libvirt-qemu`;

export const appArmorFiles: FileTable = [
  keeps(`${directory}/abstractions`, 'libvirt-qemu'),
  keeps(`${abstraction}.d`, 'vfio-pilot'),
  keeps(`${directory}/local/abstractions`, 'libvirt-qemu'),
];

/** Newer versions of libvirt include a folder, in which a file of our own has a place; older ones include one local file. */
export const renderAppArmor = (facts: HostFacts, devices: readonly string[], profile: string): Rendered => {
  const text = facts.confinement.hasAppArmor ? (facts.files[abstraction]?.text ?? null) : null;
  const lines = text === null ? '' : devices.map((device) => `  ${device} rw,\n`).join('');
  const hasFolder = includes(text, 'abstractions/libvirt-qemu.d');
  const hasLocal = includes(text, 'local/abstractions/libvirt-qemu');
  const why = `AppArmor lets QEMU open ${listWords(devices)}.`;
  if (lines !== '' && !hasFolder && !hasLocal) return notIncluded(devices);
  return joinRendered([
    renderOwned(facts, ownPath, hasFolder && lines !== '' ? `${ownHeader('#', profile)}${lines}` : '', 0o644, why),
    renderLocal(facts, hasFolder ? '' : lines, {profile, why}),
  ]);
};

/** `include`, and `#include` of earlier times. */
const includes = (text: string | null, name: string): boolean =>
  (text ?? '').split('\n').some((line) => {
    const [, included] = /^\s*#?include\s+(?:if exists\s+)?<([^>]+)>/.exec(line) ?? [];
    return included === name;
  });

const renderLocal = (
  facts: HostFacts,
  lines: string,
  {profile, why}: {readonly profile: string; readonly why: string},
): Rendered => {
  const file = facts.files[localPath];
  if (file === undefined && lines === '') return {artifacts: [], findings: []};
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const text = file?.text ?? '';
  if (hasDamagedBlock(text))
    return {
      artifacts: [],
      findings: [
        {
          code: 'looking-glass-device-list',
          severity: 'blocker',
          subject: localPath,
          message: `The marks of vfio-pilot in ${localPath} are damaged, so nobody knows which lines are ours.`,
          remedy: 'Take out the lines between the marks, and the marks, then plan again.',
        },
      ],
    };
  const edited = lines === '' ? withoutOwnBlock(text) : withOwnBlock(text, lines, oneLine(profile));
  return {
    artifacts: [
      {
        kind: 'file',
        path: localPath,
        text: edited,
        encoding: file?.encoding ?? 'utf8',
        mode: 0o644,
        placing: 'first',
        by: 'writer',
        why: [lines === '' ? 'No guest needs a device of kvmfr any more.' : why],
      },
    ],
    findings: [],
  };
};

const notIncluded = (devices: readonly string[]): Rendered => ({
  artifacts: [],
  findings: [
    {
      code: 'looking-glass-device-list',
      severity: 'warning',
      subject: abstraction,
      message: `AppArmor is on, and ${abstraction} includes no file for own lines, so QEMU may not open ${listWords(devices)}.`,
      remedy: `Add this line at its end: ${devices.map((device) => `${device} rw,`).join(' ')}`,
    },
  ],
});
