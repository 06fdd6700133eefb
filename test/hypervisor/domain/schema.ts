import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const schema = '/usr/share/libvirt/schemas/domain.rng';

/** Where libvirt's schema or a validator is not installed. */
export const skipsSchema = !existsSync(schema) || !existsSync('/usr/bin/xmllint');

/** What libvirt's own schema has against a domain; `null` where it is valid. */
export const schemaProblem = (xml: string): string | null => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-schema-'));
  try {
    const file = join(directory, 'domain.xml');
    writeFileSync(file, xml);
    execFileSync('/usr/bin/xmllint', ['--noout', '--relaxng', schema, file], {encoding: 'utf8', stdio: 'pipe'});
    return null;
  } catch (error) {
    return String(error);
  } finally {
    rmSync(directory, {recursive: true});
  }
};
