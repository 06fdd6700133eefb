import type {CommandArtifact} from '../../../artifacts/artifact.ts';
import {absent, joinRendered, ownHeader, type Rendered, renderOwned} from '../../../artifacts/rendered.ts';
import {type FileTable, keeps} from '../../../facts/file-table.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {LookingGlassPlan} from '../../../plan/plan.ts';
import type {KvmPlan} from '../kvm-plan.ts';
import {kvmfrPath} from './qemu-arguments.ts';

const directory = '/etc/tmpfiles.d';
const prefix = `${directory}/10-vfio-pilot-looking-glass`;

/** Those that somebody else wrote for Looking Glass too. */
export const lookingGlassFiles: FileTable = [keeps(directory, '*looking-glass*')];

/** Where the client looks at the picture. */
export const memoryPath = ({name, kvmfrDevice}: Pick<LookingGlassPlan, 'name' | 'kvmfrDevice'>): string =>
  kvmfrDevice === null ? `/dev/shm/${name}` : kvmfrPath(kvmfrDevice);

/** `name` begins with `looking-glass`. */
export const tmpfilesPath = (name: string): string => `${prefix}${name.slice('looking-glass'.length)}.conf`;

/** Of systemd-tmpfiles. */
export const tmpfilesLine = (planned: LookingGlassPlan): string =>
  `f ${memoryPath(planned)} 0660 ${planned.user} kvm -`;

/** QEMU would make the memory for itself alone; the user who runs the client needs it too. */
export const renderLookingGlass = (facts: HostFacts, {profile, guest: {lookingGlass}}: KvmPlan): Rendered => {
  const path = lookingGlass?.kvmfrDevice === null ? tmpfilesPath(lookingGlass.name) : null;
  const header = ownHeader('#', profile);
  const stale = Object.values(facts.files).filter(
    (file) => file.path.startsWith(prefix) && file.path !== path && file.text?.startsWith(header) === true,
  );
  const gone: Rendered = {artifacts: stale.map((file) => absent(file.path)), findings: []};
  if (lookingGlass === null || path === null || facts.boot.support.isDeclarative) return gone;
  const text = `${header}${tmpfilesLine(lookingGlass)}\n`;
  const why = `At each boot makes the memory that the guest shares, for ${lookingGlass.user} and QEMU alone.`;
  const file = renderOwned(facts, path, text, 0o644, why);
  const made = file.artifacts.length === 0 ? [] : [create(path)];
  return joinRendered([gone, {...file, artifacts: [...file.artifacts, ...made]}]);
};

/** What it has made is in memory only: it is gone with the next boot, and harmless until then. */
const create = (path: string): CommandArtifact => ({
  kind: 'command',
  argv: ['/usr/bin/systemd-tmpfiles', '--create', path],
  undo: null,
  triggers: [path],
  timeoutSeconds: 60,
  why: ['The memory is there from now on, and not only after the next boot.'],
});
