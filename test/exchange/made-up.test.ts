import {mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import type {BaseContext} from '../../src/commands/command.ts';
import {exportWith} from '../../src/commands/export.ts';
import {importWith} from '../../src/commands/import.ts';
import type {ExporterEntry} from '../../src/exchange/exporter.ts';
import type {ImporterEntry} from '../../src/exchange/importer.ts';
import {encodeProfile} from '../../src/pipeline/profile-file.ts';
import {previewChanges} from '../../src/changes/preview.ts';
import {readHost} from '../../src/host/read-host.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {openSource} from '../../src/system/source.ts';
import {profilePath} from '../support/run-cli.ts';
import {unpackHost} from '../support/host-tree.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-exchange-'));
const facts = readHost(openSource(unpackHost('dell-r710-gtx1050'), null));

/** Only what these commands ask for. */
const context = (...positionals: readonly string[]) =>
  ({
    positionals,
    options: {},
    host: async () => ({
      facts: async () => facts,
      preview: async (profile: ReturnType<typeof sampleProfile>) => ({facts, preview: previewChanges(facts, profile)}),
    }),
  }) as unknown as BaseContext & {readonly options: object};

it('an importer that reads a file, and an exporter, are one line of a table each', async () => {
  const invented: ImporterEntry = {
    name: 'invented',
    source: {name: 'FILE', isFile: true},
    hasHome: false,
    load:
      async () =>
      (_, {text}) => ({profile: sampleProfile({guest: {name: text ?? ''}}), leftOut: []}),
  };
  const file = join(directory, 'guest.invented');
  writeFileSync(file, 'from-the-file');
  const made = await importWith([invented]).run(context('invented', file));
  expect(made).toMatchObject({kind: 'made', profile: {guest: {name: 'from-the-file'}}});
  await expect(importWith([invented]).run(context('other', file))).rejects.toThrow('cannot be imported');

  const words: ExporterEntry = {
    name: 'words',
    isProven: true,
    load:
      async () =>
      (_, {plan}) => [{title: 'Words', lines: [`the guest ${plan.guest.name}`]}],
  };
  const profile = profilePath('dell-r710-gtx1050');
  const done = await exportWith([words]).run(context('words', profile));
  expect(done).toMatchObject({sections: [{title: 'Words', lines: ['the guest win10']}]});
  await expect(exportWith([words]).run(context('other', profile))).rejects.toThrow('no export');
});

it('an import that makes no profile of this program is an error, and no file', async () => {
  const broken: ImporterEntry = {
    name: 'broken',
    source: {name: 'WORD', isFile: false},
    hasHome: false,
    load: async () => () => ({profile: sampleProfile({guest: {name: 'a/b'}}), leftOut: []}),
  };
  await expect(importWith([broken]).run(context('broken', 'x'))).rejects.toThrow('a/b');
});

it('a plan that is blocked, here by interrupts that a guest can forge, is exported to nobody', async () => {
  const words: ExporterEntry = {
    name: 'words',
    isProven: true,
    load: async () => () => [{title: 'Words', lines: ['x']}],
  };
  const profile = join(directory, 'b.yaml');
  writeFileSync(profile, encodeProfile(proposeProfile(facts, ['0000:06:00.0'])));
  expect(await exportWith([words]).run(context('words', profile))).toMatchObject({sections: []});
});
