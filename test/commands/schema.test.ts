import {Ajv2020} from 'ajv/dist/2020.js';
import {describe, expect, it} from 'vitest';
import {check} from '../../src/commands/check.ts';
import {facts as factsCommand} from '../../src/commands/facts.ts';
import {groups} from '../../src/commands/groups.ts';
import {previewDocument, unreadableDocument} from '../../src/commands/documents.ts';
import {schema, schemaOf} from '../../src/commands/schema.ts';
import {documentName, verbs} from '../../src/commands/verbs.ts';
import {runChecks} from '../../src/checks/run-checks.ts';
import {openHere} from '../../src/hosts/here.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {isDisplay} from '../../src/facts/pci.ts';
import {hostNames, unpackHost} from '../support/host-tree.ts';
import {faultsOf} from '../support/json-documents.ts';

/** Through JSON, as it is printed: members that are undefined are not there. */
const printed = (document: unknown): unknown => JSON.parse(JSON.stringify(document));

describe('the schemas', () => {
  it('are there for each command, for errors, help and the version, and ajv takes each', async () => {
    const names = [...verbs.map(documentName), 'error', 'version', 'demo-list', 'help'];
    expect(
      new Set(
        schema
          .describe({schema: null}, {} as never)
          .trim()
          .split('\n'),
      ),
    ).toEqual(new Set(names));
    const ajv = new Ajv2020();
    for (const name of names) expect([name, ajv.validateSchema((await schemaOf(name)) ?? {})]).toEqual([name, true]);
    expect(await schemaOf('constructor')).toBeNull();
  });

  it.each(hostNames())('hold the documents of %s, and name each of their members', async (name) => {
    const host = openHere(unpackHost(name), '1.2.3', false);
    const facts = await host.facts();
    const cards = facts.pci.filter(isDisplay).map(({address}) => address);
    const {preview} = await host.preview(proposeProfile(facts, cards.slice(0, 1)));
    const documents: Readonly<Record<string, unknown>> = {
      facts: factsCommand.document(facts),
      check: check.document({checks: runChecks(facts), notes: facts.notes, flags: '', isRemote: false}),
      groups: groups.document({outline: null, facts: await host.groups()}),
      plan: previewDocument(preview, {rebootRequired: true, pending: null}),
    };
    for (const [document, value] of Object.entries(documents))
      expect([document, await faultsOf(document, printed(value))]).toEqual([document, []]);
  });

  it('refuse a document that lacks a member, has another type, or a member that they do not name (control)', async () => {
    const facts = printed(
      factsCommand.document(await openHere(unpackHost('dell-r710-gtx1050'), '1.2.3', false).facts()),
    );
    const changed = (change: Readonly<Record<string, unknown>>): unknown => ({...(facts as object), ...change});
    expect(await faultsOf('facts', changed({pci: undefined}))).toHaveLength(1);
    expect(await faultsOf('facts', changed({isLive: 'yes'}))).toHaveLength(1);
    expect(await faultsOf('facts', changed({surplus: 1}))).toEqual([expect.stringContaining('surplus')]);
  });

  it('hold the document of a profile with mistakes, which is an error with all of them', async () => {
    const {findings} = decodeProfile('version: 1\nname: x\ncpu: {vcpu: 2}\n', 'x.yaml');
    const document = printed(unreadableDocument({kind: 'unreadable', findings}));
    expect(document).toMatchObject({
      error: {code: 'usage', message: expect.stringMatching(/^x\.yaml:\d+:\d+: /) as unknown, isRestored: null},
      changes: [],
    });
    for (const name of ['plan', 'apply', 'profile-check', 'profile-show'])
      expect([name, await faultsOf(name, document)]).toEqual([name, []]);
  });
});
