// A stand-in for xe of XCP-ng, our own code: the few calls that a script makes, on records in the file that xe has printed.
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {runUsb} from './xe-usb.mjs';

const [root, command = '', ...given] = process.argv.slice(2);
const file = join(root, 'run/vfio-pilot/output/xe_vm-list_params=all');
const fail = (text) => {
  console.error(text);
  process.exit(1);
};
if (process.env.XAPI_DOWN !== undefined) fail('Error: Connection refused (calling connect )');
const options = Object.fromEntries(
  given
    .filter((word) => word.includes('='))
    .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
);
if (/^(?:pusb|vusb|usb-group)-/.test(command)) {
  try {
    process.stdout.write(runUsb(root, command, options));
    process.exit(0);
  } catch (error) {
    fail(error.message);
  }
}
const text = readFileSync(file, 'utf8');
if (command === 'vm-list' && options.params === 'all') {
  process.stdout.write(text);
  process.exit(0);
}
const records = text.split('\n\n\n');
const index = records.findIndex((record) => record.includes(`: ${options.uuid}\n`));
if (command === 'vm-list') {
  console.log(index === -1 ? '' : options.uuid);
  process.exit(0);
}
if (index === -1) fail('The uuid you supplied was invalid.');
const field = (name) => new RegExp(`^(\\s*${name} \\(MRW\\):) ?(.*)$`, 'm');
const mapOf = (name) =>
  Object.fromEntries(
    (field(name).exec(records[index])?.[2] ?? '')
      .split('; ')
      .filter((part) => part !== '')
      .map((part) => part.split(': ')),
  );
const write = (name, map) => {
  const value = Object.entries(map)
    .map(([key, one]) => `${key}: ${one}`)
    .join('; ');
  records[index] = records[index].replace(field(name), (_, start) => `${start} ${value}`);
  writeFileSync(file, records.join('\n\n\n'));
};
const name = options['param-name'];
const key = options['param-key'];
if (command === 'vm-param-get') {
  const value = mapOf(name)[key];
  if (value === undefined) fail(`Error: Key ${key} not found in map`);
  console.log(value);
} else if (command === 'vm-param-remove') {
  write(name, Object.fromEntries(Object.entries(mapOf(name)).filter(([one]) => one !== key)));
} else if (command === 'vm-param-set') {
  for (const word of given.slice(1)) {
    const [, map, one, value] = /^([\w-]+):([\w-]+)=(.*)$/.exec(word) ?? fail(`Unknown parameter: ${word}`);
    if (map === 'VCPUs-params' && !['mask', 'weight', 'cap'].includes(one)) fail('Unknown key');
    write(map, {...mapOf(map), [one]: value});
  }
} else fail('Unknown command');
