// The USB part of the stand-in for xe, our own code after what XAPI was read to do (xen-api: xapi_pusb.ml, xapi_vusb.ml).
import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {isOffered, readRules} from './usb-policy.mjs';

const fileOf = (root, kind) => join(root, `run/vfio-pilot/output/xe_${kind}-list_params=all`);

const read = (root, kind) =>
  readFileSync(fileOf(root, kind), 'utf8')
    .split('\n\n\n')
    .filter((text) => text.trim() !== '')
    .map((text) =>
      Object.fromEntries(
        text.split('\n').flatMap((line) => {
          const [, name, value] = /^\s*([\w-]+) \(\S? ?R[OW]\) *: ?(.*)$/.exec(line) ?? [];
          return name === undefined ? [] : [[name, value.trim()]];
        }),
      ),
    );

const write = (root, kind, records) => {
  const text = records.map((record) =>
    Object.entries(record)
      .map(([name, value]) => `${name.padStart(24)} (${name.endsWith('-uuids') ? 'S' : ' '}RO): ${value}\n`)
      .join('')
      .trimStart(),
  );
  writeFileSync(`${fileOf(root, kind)}.new`, text.join('\n\n'));
  renameSync(`${fileOf(root, kind)}.new`, fileOf(root, kind));
};

const change = (root, kind, make) => write(root, kind, make(read(root, kind)));

/** What usb_scan.py prints: devices that are no hub and that the policy allows. */
const offered = (root) => {
  const directory = join(root, 'sys/bus/usb/devices');
  const value = (name, file) => readFileSync(join(directory, name, file), 'utf8').trim();
  const names = existsSync(directory) ? readdirSync(directory) : [];
  const rules = readRules(readFileSync(join(root, 'etc/xensource/usb-policy.conf'), 'utf8'));
  return names
    .filter((name) => /^\d+-[\d.]+$/.test(name) && value(name, 'bDeviceClass') !== '09')
    .map((path) => ({
      path,
      vid: value(path, 'idVendor'),
      pid: value(path, 'idProduct'),
      rel: value(path, 'bcdDevice'),
      interfaces: names
        .filter((name) => name.startsWith(`${path}:`))
        .map((name) => ['Class', 'SubClass', 'Protocol'].map((part) => value(name, `bInterface${part}`))),
    }))
    .filter((device) => device.interfaces.length > 0 && isOffered(rules, device));
};

/** New devices get a record, with passthrough off, and a group of their own; those that are gone lose all three. */
export const scan = (root) => {
  const inventory = readFileSync(join(root, 'etc/xensource-inventory'), 'utf8');
  const host = /^INSTALLATION_UUID='(.*)'$/m.exec(inventory)[1];
  const devices = offered(root);
  const isSame = (record, {path, vid, pid}) =>
    record.path === path && record['vendor-id'] === vid && record['product-id'] === pid;
  const known = read(root, 'pusb');
  const gone = known.filter((record) => !devices.some((device) => isSame(record, device)));
  const groups = gone.map((record) => record['usb-group-uuid']);
  change(root, 'vusb', (records) => records.filter((record) => !groups.includes(record['usb-group-uuid'])));
  const added = devices
    .filter((device) => !known.some((record) => isSame(record, device)))
    .map(({path, vid, pid}) => ({
      uuid: randomUUID(),
      'usb-group-uuid': randomUUID(),
      'host-uuid': host,
      'host-name-label': 'host',
      path,
      'vendor-id': vid,
      'product-id': pid,
      serial: 'NEVER-IN-A-CAPTURE',
      'passthrough-enabled': 'false',
    }));
  change(root, 'usb-group', (records) => [
    ...records.filter(({uuid}) => !groups.includes(uuid)),
    ...added.map((record) => ({
      uuid: record['usb-group-uuid'],
      'name-label': `Group of ${record['vendor-id']} ${record['product-id']} USBs`,
      'PUSB-uuids': record.uuid,
    })),
  ]);
  change(root, 'pusb', (records) => [
    ...records.filter((record) => !gone.some(({uuid}) => uuid === record.uuid)),
    ...added,
  ]);
};

/** What xe prints. Throws what it says where it fails. */
export const runUsb = (root, command, options) => {
  const [, kind, verb] = /^(pusb|vusb|usb-group)-(\S+)$/.exec(command) ?? [];
  if (verb === 'list') {
    const {params, ...filters} = options;
    if (params === 'all') return readFileSync(fileOf(root, kind), 'utf8');
    const found = read(root, kind).filter((record) =>
      Object.entries(filters).every(([key, one]) => record[key] === one),
    );
    return `${found.map((record) => record[params] ?? '<not in database>').join(',')}\n`;
  }
  if (command === 'pusb-scan') {
    // XAPI only wakes a thread.
    spawn(process.execPath, [join(import.meta.dirname, 'scan-usb.mjs'), root], {
      detached: true,
      stdio: 'ignore',
    }).unref();
    return '';
  }
  const vusbs = read(root, 'vusb');
  const need = (records, uuid) => {
    const found = records.find((record) => record.uuid === uuid);
    if (found === undefined) throw new Error('The uuid you supplied was invalid.');
    return found;
  };
  if (command === 'pusb-param-set') {
    const wanted = options['passthrough-enabled'];
    const {'usb-group-uuid': group} = need(read(root, 'pusb'), options.uuid);
    const own = vusbs.filter((record) => record['usb-group-uuid'] === group);
    if (wanted === 'false' && own.some((record) => record['currently-attached'] === 'true'))
      throw new Error('USB_ALREADY_ATTACHED');
    if (wanted === 'false')
      write(
        root,
        'vusb',
        vusbs.filter((record) => !own.includes(record)),
      );
    change(root, 'pusb', (records) =>
      records.map((record) => (record.uuid === options.uuid ? {...record, 'passthrough-enabled': wanted} : record)),
    );
    return '';
  }
  if (command === 'vusb-create') {
    need(read(root, 'usb-group'), options['usb-group-uuid']);
    if (vusbs.some((record) => record['usb-group-uuid'] === options['usb-group-uuid']))
      throw new Error('USB_GROUP_CONFLICT');
    if (vusbs.filter((record) => record['vm-uuid'] === options['vm-uuid']).length > 5)
      throw new Error('TOO_MANY_VUSBS');
    const uuid = randomUUID();
    write(root, 'vusb', [
      ...vusbs,
      {uuid, 'vm-uuid': options['vm-uuid'], 'usb-group-uuid': options['usb-group-uuid'], 'currently-attached': 'false'},
    ]);
    return `${uuid}\n`;
  }
  if (command === 'vusb-destroy') {
    if (need(vusbs, options.uuid)['currently-attached'] === 'true') throw new Error('still attached');
    write(
      root,
      'vusb',
      vusbs.filter((record) => record.uuid !== options.uuid),
    );
    return '';
  }
  throw new Error('Unknown command');
};
