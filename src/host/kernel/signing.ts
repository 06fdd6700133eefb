import {readFirmware, readSecureBoot} from '../../boot/efi-variables.ts';
import {type FileTable, looksAt} from '../../facts/file-table.ts';
import {
  isAlwaysOutside,
  mayServeGuests,
  type KeyId,
  type OutsideModule,
  type ShimFacts,
  type SigningCertificate,
  type SigningFacts,
} from '../../facts/signing.ts';
import {parseCertificate, printable} from '../../formats/certificate.ts';
import {parseSignatureLists} from '../../formats/efi-signature-list.ts';
import {isSigned, signerOf} from '../../formats/module-signature.ts';
import type {Source} from '../../system/source.ts';
import {readModuleEnd} from './module-end.ts';
import {readModulePaths} from './modules.ts';

const efivars = '/sys/firmware/efi/efivars';
/** Of shim (rhboot/shim: SHIM_LOCK_GUID). */
const shimGuid = '605dab50-e046-4300-abb6-3dd810dd8b23';
const attributeBytes = 4;
/** What the kernel took from shim's table in memory, for root (kernel: drivers/firmware/efi/mokvar-table.c). */
const mokTable = '/sys/firmware/efi/mok-variables';

/** Where DKMS keeps certificates where its configuration names none: Ubuntu, and everybody else. */
const usualCertificates = ['/var/lib/shim-signed/mok/MOK.der', '/var/lib/dkms/mok.pub'];
const dkmsConfiguration = '/etc/dkms';

/** Never a private key: what is named here goes into captures. */
export const signingFiles: FileTable = [
  looksAt(efivars, `MokListRT*-${shimGuid}`, 'certificate-list'),
  looksAt(mokTable, 'MokListRT', 'certificate-list'),
  looksAt(efivars, `MokSBStateRT-${shimGuid}`, 'verbatim'),
  looksAt(efivars, `MokNew-${shimGuid}`, 'presence'),
  looksAt('/sys/module/module/parameters', 'sig_enforce'),
  ...usualCertificates.map((path) => {
    const slash = path.lastIndexOf('/');
    return looksAt(path.slice(0, slash), path.slice(slash + 1), 'certificate');
  }),
  looksAt(dkmsConfiguration, 'framework.conf framework.conf.d/*.conf', 'dkms'),
  looksAt('/var/lib/dkms/*/*/*/*/module', '*.ko*', 'presence'),
];

/** `releases`: of the installed kernels. */
export const readSigning = (source: Source, releases: readonly string[]): SigningFacts => {
  const isAsked = mayRefuse(source);
  return {
    isEnforced: readIsEnforced(source),
    shim: readShim(source),
    certificates: readCertificates(source),
    modules: releases.flatMap((kernel) =>
      outsidePaths(source, kernel).map((path) => readModule(source, kernel, path, isAsked)),
    ),
  };
};

const readIsEnforced = (source: Source): boolean | null => {
  const text = source.text('/sys/module/module/parameters/sig_enforce')?.trim();
  return text === 'Y' ? true : text === 'N' ? false : null;
};

const readShim = (source: Source): ShimFacts => {
  const names = source.list(efivars);
  const lists = names.filter((name) => /^MokListRT\d*-/.test(name) && name.endsWith(shimGuid));
  const table = source.bytes(`${mokTable}/MokListRT`);
  const isUsed = lists.length > 0 || source.exists(mokTable) ? true : names.length > 0 ? false : null;
  const state = source.bytes(`${efivars}/MokSBStateRT-${shimGuid}`);
  return {
    enrolled: isUsed === false ? [] : readEnrolled(source, lists, table),
    isUsed,
    isValidationOff: state?.[attributeBytes] === 1,
    isWaiting: names.includes(`MokNew-${shimGuid}`),
  };
};

/** The variable may be cut off where firmware has no room for it, so the table comes first. */
const readEnrolled = (source: Source, lists: readonly string[], table: Buffer | null): readonly KeyId[] | null => {
  const parts =
    table === null ? lists.map((name) => source.bytes(`${efivars}/${name}`)?.subarray(attributeBytes)) : [table];
  const parsed = parts.map((part) => (part === undefined ? null : parseSignatureLists(part)));
  return parsed.length === 0 || parsed.includes(null) ? null : parsed.flatMap((keys) => keys ?? []);
};

const readCertificates = (source: Source): readonly SigningCertificate[] => {
  const configured = readConfigured(source);
  const paths = [...new Set([...(configured === null ? [] : [configured]), ...usualCertificates])];
  return paths.flatMap((path) => {
    const bytes = source.stat(path)?.type === 'directory' ? null : source.bytes(path);
    const key = bytes === null ? null : parseCertificate(bytes);
    return key === null ? [] : [{path, key, isConfigured: path === configured}];
  });
};

/** `mok_certificate=` of DKMS's framework.conf; the files of the directory come after it, the last one counts. */
const readConfigured = (source: Source): string | null => {
  const files = [
    `${dkmsConfiguration}/framework.conf`,
    ...source
      .list(`${dkmsConfiguration}/framework.conf.d`)
      .filter((name) => name.endsWith('.conf'))
      .map((name) => `${dkmsConfiguration}/framework.conf.d/${name}`),
  ];
  const said = files.flatMap((file) =>
    [...(source.text(file) ?? '').matchAll(/^\s*mok_certificate=["']?(\/[^\s"'$`]+)["']?\s*$/gm)].map(
      ([, path = '']) => path,
    ),
  );
  return said.at(-1) ?? null;
};

/** NVIDIA's network drivers are some eighty. */
const maximumModules = 256;

/** Files of modules from outside the kernel. depmod names them below the directory of the kernel. */
const outsidePaths = (source: Source, kernel: string): readonly string[] =>
  readModulePaths(source, kernel)
    .filter((path) => !path.split('/').includes('..'))
    .filter((path) => /^(?:updates|extra|weak-updates)\//.test(path) || isAlwaysOutside(nameOf(path)))
    .slice(0, maximumModules)
    .map((path) => `/lib/modules/${kernel}/${path}`);

const nameOf = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.ko(?:\.\w+)?$/, '')
    .replaceAll('-', '_');

/** `isAsked`: the answer counts, so that it is worth to unpack a driver of many megabytes. */
const readModule = (source: Source, kernel: string, path: string, isAsked: boolean): OutsideModule => {
  const name = nameOf(path);
  const one = {kernel, name, path, dkms: findAtDkms(source, kernel, path)};
  const end = readModuleEnd(source, path, isAsked);
  if (end !== null) return {...one, isSigned: isSigned(end), key: signerOf(end)};
  return {...one, ...(isAsked && mayServeGuests(name) ? askModinfo(source, path) : unknown)};
};

const unknown = {isSigned: null, key: null} as const;

/** For what is packed with xz: kmod has that. */
const askModinfo = (source: Source, path: string): Pick<OutsideModule, 'isSigned' | 'key'> => {
  const text = source.run(...modinfoOf(path));
  if (text === null || !text.includes('filename:')) return unknown;
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]+(\\S.*)$`, 'm').exec(text)?.[1]?.trim();
  if (field('sig_id') === undefined) return {isSigned: false, key: null};
  const serial = field('sig_key')
    ?.replaceAll(':', '')
    .toLowerCase()
    .replace(/^0+(?=.)/, '');
  const issuer = field('signer');
  return {
    isSigned: true,
    key:
      serial === undefined || !/^[0-9a-f]+$/.test(serial)
        ? null
        : {serial, issuer: issuer === undefined ? null : printable(issuer)},
  };
};

const modinfoOf = (path: string): [program: string, args: readonly string[]] => ['modinfo', [path]];

const mayRefuse = (source: Source): boolean =>
  readSecureBoot(source, readFirmware(source)) !== false ||
  /\[(?:integrity|confidentiality)\]/.test(source.text('/sys/kernel/security/lockdown') ?? '') ||
  readIsEnforced(source) === true;

/** `/var/lib/dkms/NAME/VERSION/KERNEL/ARCHITECTURE/module/FILE` */
const findAtDkms = (source: Source, kernel: string, path: string): string | null => {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const tree = '/var/lib/dkms';
  for (const name of source.directories(tree))
    for (const version of source.directories(`${tree}/${name}`))
      for (const architecture of source.directories(`${tree}/${name}/${version}/${kernel}`))
        if (source.exists(`${tree}/${name}/${version}/${kernel}/${architecture}/module/${file}`))
          return `${name}/${version}`;
  return null;
};

/** What a capture takes along besides the files of the table: the ends of modules, and what kmod says of packed ones. */
export const signedModules = (
  source: Source,
): {
  readonly paths: readonly string[];
  readonly questions: readonly (readonly [program: string, ...args: string[]])[];
} => {
  const paths = source.list('/lib/modules').flatMap((kernel) => outsidePaths(source, kernel));
  const packed = paths.filter(
    (path) => mayServeGuests(nameOf(path)) && mayRefuse(source) && readModuleEnd(source, path) === null,
  );
  return {
    paths,
    questions: packed.map((path) => {
      const [program, args] = modinfoOf(path);
      return [program, ...args];
    }),
  };
};
