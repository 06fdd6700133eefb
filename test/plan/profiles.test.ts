import {readdirSync, readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {previewDocument} from '../../src/commands/documents.ts';
import {readHost} from '../../src/host/read-host.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {openSource} from '../../src/system/source.ts';
import type {PlanDocument} from '../cli/plan-document.ts';
import {unpackHost} from '../support/host-tree.ts';

const directory = resolve(import.meta.dirname, '../../profiles');
const names = readdirSync(directory).filter((name) => name.endsWith('.yaml'));

/** What is decided, without the words for it. */
const decided = ({findings, devices, kernelArguments, pinning, memory, isolation, changes}: PlanDocument): string =>
  `${JSON.stringify(
    {
      findings: findings.map(({severity, code, subject}) => `${severity} ${code} ${subject}`),
      devices: devices.map(({address, bindBy, assigned}) =>
        address !== null
          ? `${address} by ${bindBy}`
          : assigned.uuid === undefined
            ? assigned.of === undefined
              ? `USB ${assigned.id}`
              : [`${assigned.of} virtfn${assigned.index}`, ...(assigned.vgpu ? [assigned.vgpu.name] : [])].join(' ')
            : `${assigned.parent}/${assigned.mdevType} as ${assigned.uuid}`,
      ),
      kernelArguments,
      pinning,
      memory,
      isolation: `${isolation.method} ${isolation.cpus.join()}`.trim(),
      changes: changes.map(({kind, path}) => `${kind} ${path}`),
    },
    null,
    2,
  )}\n`;

describe.each(names)('the profile %s on its host', (file) => {
  it('is planned as written down', async () => {
    const name = file.replace(/\.yaml$/, '');
    const root = unpackHost(name);
    const {profile, positionOf} = decodeProfile(readFileSync(resolve(directory, file), 'utf8'), file);
    if (profile === null) throw new Error(`${file} does not decode`);
    const preview = previewChanges(readHost(openSource(root, null)), profile, positionOf);
    const document = previewDocument(preview, {rebootRequired: false, pending: null});
    await expect(decided(JSON.parse(JSON.stringify(document)) as PlanDocument)).toMatchFileSnapshot(
      `../golden/plan/${name}.json`,
    );
  });
});
