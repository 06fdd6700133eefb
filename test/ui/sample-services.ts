import type {Change, FileChange, RunChange} from '../../src/changes/change.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {editProfile} from '../../src/pipeline/profile-file.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import type {WizardServices} from '../../src/ui/services.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';

const diffOf = (path: string, added: readonly string[]): string =>
  ['--- ' + path, '+++ ' + path, '@@ -1,1 +1,2 @@', ' # kept', ...added.map((row) => `+${row}`), ''].join('\n');

const fileChange = (path: string, kind: FileChange['kind'], added: readonly string[]): FileChange => ({
  kind,
  path,
  expected: {state: 'absent'},
  content: {text: added.join('\n'), encoding: 'utf8', mode: 0o644},
  placing: 'first',
  by: 'writer',
  diff: diffOf(path, added),
  why: ['the card has to be with vfio-pci before its driver loads'],
});

const runChange: RunChange = {
  kind: 'run',
  path: 'update-initramfs -u',
  command: {
    kind: 'command',
    argv: ['/usr/sbin/update-initramfs', '-u'],
    undo: ['/usr/sbin/update-initramfs', '-u'],
    triggers: [],
    timeoutSeconds: 600,
    why: [],
  },
  diff: '',
  why: ['the initramfs holds a copy of the module options'],
};

const sampleChanges: readonly Change[] = [
  fileChange('/etc/default/grub', 'replace', [
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on hugepagesz=2M hugepages=0:6144"',
  ]),
  fileChange(
    '/etc/modprobe.d/vfio-pilot.conf',
    'create',
    Array.from({length: 40}, (_, index) => `softdep driver${index} pre: vfio-pci`),
  ),
  runChange,
];

/** GTX 1050 in group 17, a Matrox for the host, a SATA controller; two nodes of six cores. */
export const sampleHost = (overrides: Partial<HostFacts> = {}): HostFacts =>
  sampleFacts(defaultShape, {
    pci: [
      ...samplePciFunctions,
      samplePci('0000:00:1f.2', {
        class: '010601',
        vendor: '8086',
        device: '3a22',
        driver: 'ahci',
        iommuGroup: 11,
        name: 'SATA AHCI Controller',
      }),
    ],
    ...overrides,
  });

export const sampleServices = (overrides: Partial<WizardServices> = {}): WizardServices => {
  const facts = overrides.facts ?? sampleHost();
  return {
    facts,
    machine: {isReadable: true, applied: null, runs: []},
    checks: [
      {
        id: 'iommu-active',
        status: 'ok',
        title: 'The IOMMU is active',
        fact: '2 groups in /sys/kernel/iommu_groups',
        remedy: null,
      },
      {
        id: 'ovmf',
        status: 'warning',
        title: 'No OVMF image',
        fact: 'nothing in /usr/share/OVMF',
        remedy: 'Install the package ovmf.',
      },
    ],
    savedProfiles: [],
    drafts: null,
    preview: (profile) => {
      const {plan, findings} = planPassthrough(facts, profile);
      return {plan, findings, changes: sampleChanges};
    },
    judge: (profile) => planPassthrough(facts, profile),
    proposeProfile: (devices) => proposeProfile(facts, devices),
    files: {
      findImages: () => Promise.resolve([]),
      list: () => Promise.resolve([]),
      lookAt: () => Promise.resolve({kind: 'absent'}),
    },
    saveTodo: ({profilePath}) => ({path: `${profilePath ?? '/home/me/it.yaml'}.todo.md`}),
    saveText: (name) => ({path: `/home/me/${name}`}),
    asWritten: (profile) => profile,
    edit: (opened, profile) => editProfile(opened, profile),
    saveProfile: (_profile, path) => ({path}),
    apply: () => Promise.resolve({id: '2026-01-02T03-04-05'}),
    trial: null,
    verify: () => Promise.resolve([]),
    planRollback: () => Promise.reject(new Error('Nothing is applied.')),
    rollback: () => Promise.reject(new Error('Nothing is applied.')),
    isDemo: false,
    isDryRun: false,
    commandStyle: {program: 'vfio-pilot', sudo: 'sudo ', flags: ''},
    canApply: {ok: true},
    defaultProfilePath: (profile) => `/home/me/${profile.name}.yaml`,
    ...overrides,
  };
};
