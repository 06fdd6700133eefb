import {copyFileSync} from 'node:fs';
import {join} from 'node:path';
import {run} from '../processes.js';

const source = new URL('report.S', import.meta.url).pathname;
const log = '/var/log/libvirt/report.log';

const romPath = '/var/lib/libvirt/report.rom';

/** What a domain needs to run the ROM instead of a firmware, and where its CPUs write. */
export const loaderXml = `<loader readonly='yes' type='rom'>${romPath}</loader>`;
export const serialXml = `<serial type='file'><source path='${log}'/><target port='0'/></serial>`;

/** libvirt may start it with the host; its firmware halts at once, so that it runs as long as anybody looks. */
export const haltingDomain = (name) => `<domain type='kvm'>
  <name>${name}</name>
  <memory unit='MiB'>256</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type>${loaderXml}</os>
  <features><acpi/><apic/></features>
  <devices><memballoon model='none'/></devices>
</domain>`;

export const installRom = async (machine) => {
  const [object, rom] = ['report.o', 'report.rom'].map((name) => join(machine.directory, name));
  await run('as', ['--32', '-o', object, source], {seconds: 30});
  await run('ld', ['-m', 'elf_i386', '-Ttext', '0', '-e', '0', '--oformat', 'binary', '-o', rom, object], {
    seconds: 30,
  });
  copyFileSync(rom, join(machine.share, 'report.rom'));
  await machine.withShare(`install -m 644 /mnt/share/report.rom ${romPath}`, 30);
};

/**
 * Starts the domain, lets each of its CPUs tell its CPUID leaves, and calls `look` while it runs.
 * The answer has one entry for each CPU, by leaf in hexadecimal: `{'b:0': [eax, ebx, ecx, edx]}`.
 */
export const reportOf = async (machine, {start, name, cpus, look = async () => {}}) => {
  await machine.run(`rm -f ${log}; ${start}`, 180);
  await machine.run(
    `(for i in $(seq 500); do [ "$(grep -c '^\\.' ${log})" = ${cpus} ] && exit 0; sleep 1; done; cat ${log}; virsh domstate ${name}; exit 1)`,
    200,
  );
  expectRunning(await machine.run(`virsh domstate ${name}`));
  await look();
  const text = await machine.run(`cat ${log}`);
  await machine.run(`virsh destroy ${name}`, 60);
  return parseReport(text);
};

const expectRunning = (state) => {
  if (state.trim() !== 'running') throw new Error(`The guest is ${state} although it has told its CPUID leaves`);
};

const parseReport = (text) =>
  text
    .split('.\n')
    .filter((part) => part.trim() !== '')
    .map((part) =>
      Object.fromEntries(
        part
          .trim()
          .split('\n')
          .map((line) => {
            const [leaf, subleaf, ...registers] = line
              .trim()
              .split(' ')
              .map((word) => Number.parseInt(word, 16));
            return [`${leaf.toString(16)}:${subleaf}`, registers];
          }),
      ),
    );

/** The twelve letters in EBX, ECX and EDX. */
export const signatureOf = ([, ...registers]) =>
  Buffer.from(Uint32Array.from(registers).buffer).toString('latin1').replaceAll('\0', '');
