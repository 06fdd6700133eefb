import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

/**
 * What the bundle holds of others. `npm sbom` and `npm audit` see none of it, because a bundle has no dependencies;
 * esbuild knows each file that went in.
 */

/**
 * The packages of which at least a byte is in the output, sorted.
 * `metafile`: of esbuild, with paths below the working directory.
 */
export const bundledPackages = ({outputs}) => {
  const inputs = Object.values(outputs).flatMap(({inputs}) =>
    Object.entries(inputs).flatMap(([path, {bytesInOutput}]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const directories = new Set(inputs.flatMap((path) => directoryOf(path) ?? []));
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
  const found = [...directories].map((directory) => {
    const {name, version, license} = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    // Where node_modules is a link, esbuild names what it leads to.
    const integrity = lock[directory.slice(directory.indexOf('node_modules/'))]?.integrity ?? null;
    if (typeof license !== 'string' || integrity === null)
      throw new Error(`${directory} does not say its licence, or is not in package-lock.json: it cannot be shipped.`);
    return {name, version, license, integrity, directory};
  });
  // npm may have put the same version in several places.
  const byPurl = new Map(found.map((one) => [purlOf(one), one]));
  return [...byPurl.keys()].sort().map((purl) => byPurl.get(purl));
};

const directoryOf = (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? null;

const purlOf = ({name, version}) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/**
 * CycloneDX 1.6. Without a time and a serial number, so that the same source makes the same file.
 * `runtime`: the component of what runs the program, where that is in the same file.
 */
export const renderSbom = (packages, {name, version, license}, runtime = null) => {
  const self = purlOf({name, version});
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {type: 'application', 'bom-ref': self, name, version, purl: self, licenses: licensesOf(license)},
    },
    components: [...packages.map(componentOf), ...(runtime === null ? [] : [runtime])],
    dependencies: [
      {ref: self, dependsOn: [...packages.map(purlOf), ...(runtime === null ? [] : [runtime['bom-ref']])]},
    ],
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
};

const componentOf = (one) => ({
  type: 'library',
  'bom-ref': purlOf(one),
  ...(one.name.startsWith('@') ? {group: one.name.split('/')[0], name: one.name.split('/')[1]} : {name: one.name}),
  version: one.version,
  scope: 'required',
  hashes: [{alg: 'SHA-512', content: Buffer.from(one.integrity.replace('sha512-', ''), 'base64').toString('hex')}],
  licenses: licensesOf(one.license),
  purl: purlOf(one),
});

/** An id of SPDX, or an expression of several. */
const licensesOf = (license) => (/\s/.test(license) ? [{expression: license}] : [{license: {id: license}}]);

const licenceFile = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/** The text that each licence wants to go with the code; packages with the same text are named together. */
export const renderNotices = (packages) => {
  const byText = new Map();
  for (const one of packages) {
    const text = noticeOf(one);
    byText.set(text, [...(byText.get(text) ?? []), one]);
  }
  const parts = [...byText].map(
    ([text, members]) =>
      `${members.map(({name, version, license}) => `${name} ${version} (${license})`).join('\n')}\n\n${text}\n`,
  );
  return `vfio-pilot holds code of these packages. What follows is what their authors ask to go with it.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
};

const noticeOf = ({directory, license}) => {
  const files = existsSync(directory)
    ? readdirSync(directory)
        .filter((name) => licenceFile.test(name))
        .sort()
    : [];
  if (files.length > 0) return files.map((name) => readFileSync(join(directory, name), 'utf8').trim()).join('\n\n');
  const {author, contributors = []} = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const people = [author, ...contributors].flatMap(
    (person) => (typeof person === 'string' ? person : person?.name) ?? [],
  );
  return `The package has no file with its licence, which it declares as ${license}. It names ${people.join(', ') || 'no author'}. The terms of ${license} are with the other packages of this file.`;
};
