import {isMap} from 'yaml';
import {type Finding, isBlocked, type Position} from '../../findings/finding.ts';
import {defaultProfile} from '../../profile/defaults.ts';
import {parseYamlFile} from '../../profile/document.ts';
import type {Profile} from '../../profile/profile.ts';
import type {Importer, Imported, NotImported} from '../importer.ts';
import {profileNameOf} from '../profile-name.ts';
import {importGpus, importNics, tellExcluded} from './import-devices.ts';
import {importDisk, importName, importPhase, importSize} from './import-guest.ts';
import {importPicture} from './import-picture.ts';
import {readFlag, readSection, type Section, type Tell} from './reader.ts';
import {type Shown, tellCommands, tellDisplay, tellPorts, tellSystem} from './tell-left-out.ts';

/** As LibVF.IO's `Config` has them. */
const keys =
  'name startintro startapp installOs nographics spice showhypervisor introspect shareddir spicePort sshPort vncPort connectivity container cpus gpus nics root sudo commands startupCommands teardownCommands installCommands appCommands blacklistedPci'.split(
    ' ',
  );

const arcdFile = {
  noun: 'configuration of arcd',
  plural: 'configurations of arcd',
  looks: 'the YAML file that `arcd start` takes',
  depth: 'A configuration of arcd has a few levels of keys.',
  tags: ['tag:nimyaml.org,2016:custom:Config', 'tag:yaml.org,2002:null'],
} as const;

/** Nobody reads more. */
const mostFindings = 100;

/** A profile from the file that LibVF.IO's `arcd start` takes. Each part that a profile has no key for becomes a finding at its line. */
export const importConfig: Importer = (facts, {word: file, text, home}): Imported | NotImported => {
  const document = parseYamlFile(text ?? '', file, arcdFile);
  if ('findings' in document) return {profile: null, findings: document.findings};
  const findings: Finding[] = [];
  const tell = tellInto(findings, file, document.positionAt);
  if (!isMap(document.root)) {
    tell(
      'blocker',
      document.root,
      {message: 'The file is not a map of keys and values.', remedy: `Give the path of ${arcdFile.looks}.`},
      'profile-wrong-type',
    );
    return {profile: null, findings};
  }
  const config = readSection(document.root, '', keys, tell);
  const name = importName(config, file, tell);
  const devices = importGpus(facts, config, name, tell);
  const size = importSize(config, tell);
  const made = defaultProfile({name: profileNameOf(name), devices, ...size, guestName: name});
  const guest: Profile['guest'] = {
    ...made.guest,
    ...importDisk(config, home, name, tell),
    ...importPicture(config, home, tell),
    phase: importPhase(config, tell),
    hideHypervisor: readFlag(config, 'showhypervisor', true, tell) ? 'auto' : true,
  };
  importNics(facts, config, tell);
  tellRest(config, {guest, hasGpu: devices.length > 0}, tell);
  if (isBlocked(findings)) return {profile: null, findings: refusalsFirst(findings)};
  return {
    profile: {...made, description: `From ${file.split('/').at(-1) ?? ''} of arcd (LibVF.IO)`, guest},
    leftOut: inFileOrder(findings),
  };
};

const tellRest = (config: Section, shown: Shown, tell: Tell): void => {
  tellExcluded(config, tell);
  tellDisplay(config, shown, tell);
  tellSystem(config, shown, tell);
  tellPorts(config, shown.guest.name, tell);
  tellCommands(config, tell);
  if (!shown.hasGpu)
    tell('note', config.node, {
      message: 'The file gives the guest no GPU, so that `devices` of the profile is empty.',
      remedy: 'Nothing to do if that is meant. `vfio-pilot groups` lists what this host has.',
    });
};

const tellInto =
  (findings: Finding[], file: string, positionAt: (offset: number) => Position): Tell =>
  (severity, node, {message, remedy}, code = 'import-left-out') => {
    if (findings.length >= mostFindings && severity !== 'blocker') return;
    findings.push({
      code,
      severity,
      subject: file,
      at: positionAt(node?.range?.[0] ?? 0),
      message,
      remedy,
    });
  };

/** What a profile would be without is of no use where there is none. */
const refusalsFirst = (findings: readonly Finding[]): readonly Finding[] => {
  const ordered = inFileOrder(findings.filter(({code}) => code !== 'import-left-out'));
  const isBlocker = ({severity}: Finding): boolean => severity === 'blocker';
  return [...ordered.filter(isBlocker), ...ordered.filter((one) => !isBlocker(one))];
};

const inFileOrder = (findings: readonly Finding[]): readonly Finding[] =>
  findings
    .toSorted(
      (one, other) => (one.at?.line ?? 0) - (other.at?.line ?? 0) || (one.at?.column ?? 0) - (other.at?.column ?? 0),
    )
    .slice(0, mostFindings);
