import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {scrubEntries} from '../../../src/capture/capture-files.ts';
import {parseStream} from '../../../src/capture/remote/parse-stream.ts';
import {makeScrubber} from '../../../src/capture/scrub.ts';
import {previewChanges} from '../../../src/changes/preview.ts';
import {renderScript} from '../../../src/exchange/script/export-script.ts';
import {verifyPlanOnly} from '../../../src/hosts/verify-run.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {parseRecords} from '../../../src/formats/xapi/records.ts';
import {decodeProfile} from '../../../src/pipeline/profile-file.ts';
import {openSource, outputFile} from '../../../src/system/source.ts';
import {profilePath} from '../../support/run-cli.ts';
import {captureScript, makeDom0, onStandIn, reboot, type StandIn} from '../../support/stand-in-dom0/stand-in-dom0.ts';

const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-dom0-'));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

/** What `capture --host` makes of the stand-in, unpacked. */
const capture = (dom0: StandIn): string => {
  const {status, stdout, stderr} = spawnSync('/bin/dash', {
    input: captureScript(dom0),
    encoding: 'utf8',
    env: {ROOT: dom0.root},
    maxBuffer: 1 << 28,
  });
  expect({status, stderr}).toEqual({status: 0, stderr: ''});
  const {hostName, collected} = parseStream(stdout);
  const root = mkdtempSync(join(scratch, 'capture-'));
  for (const entry of scrubEntries(collected, makeScrubber(hostName))) {
    const place = join(root, entry.path);
    mkdirSync(entry.type === 'directory' ? place : dirname(place), {recursive: true});
    if (entry.type === 'link') spawnSync('ln', ['-s', entry.target, place]);
    if (entry.type === 'file') writeFileSync(place, entry.bytes);
  }
  return root;
};

const vm = '2b7d5c1e-0000-4c7e-8d55-000000000010';

const previewOf = (root: string) => {
  const facts = readHost(openSource(root, null));
  const {profile} = decodeProfile(readFileSync(profilePath('xcp-ng-one-gpu'), 'utf8'), 'profile.yaml');
  if (profile === null) throw new Error('no profile');
  return {facts, preview: previewChanges(facts, profile)};
};

let planned: string | null = null;

/** Every stand-in begins as the same host, so one capture and one plan are enough for all. */
const scriptFor = (dom0: StandIn): string => {
  if (planned === null) {
    const {facts, preview} = previewOf(capture(makeDom0()));
    planned = renderScript(facts, preview);
  }
  const path = join(mkdtempSync(join(scratch, 'script-')), 'script.sh');
  writeFileSync(path, onStandIn(dom0, planned));
  return path;
};

const run = ({root}: StandIn, script: string, verb: string) =>
  spawnSync('/bin/dash', [script, verb], {encoding: 'utf8', env: {ROOT: root}});

const did = (dom0: StandIn, script: string, verb: string): string => {
  const {status, stdout, stderr} = run(dom0, script, verb);
  expect({status, stderr}).toEqual({status: 0, stderr: ''});
  return stdout;
};

const menu = ({root}: StandIn): string => readFileSync(join(root, 'boot/grub/grub.cfg'), 'utf8');
const vms = ({root}: StandIn): string => readFileSync(join(root, outputFile(['xe', 'vm-list', 'params=all'])), 'utf8');
const policy = ({root}: StandIn): string => readFileSync(join(root, 'etc/xensource/usb-policy.conf'), 'utf8');
const usb = ({root}: StandIn): readonly string[] =>
  ['pusb', 'usb-group', 'vusb'].map((kind) =>
    JSON.stringify(parseRecords(readFileSync(join(root, outputFile(['xe', `${kind}-list`, 'params=all'])), 'utf8'))),
  );
const stateOf = (dom0: StandIn): string =>
  [menu(dom0), vms(dom0), policy(dom0), ...usb(dom0)].join('\n').replaceAll(/ +$/gm, '');
const kept = ({root}: StandIn): string => join(root, 'var/lib/vfio-pilot-script');

describe('a stand-in for dom0 of XCP-ng (nothing of XCP-ng runs here)', () => {
  it('is captured by a script as a capture on the spot would be', () => {
    const dom0 = makeDom0();
    const [remote, here] = [capture(dom0), dom0.root].map((root) => {
      const {files, ...facts} = readHost(openSource(root, null));
      const texts = Object.entries(files).map(([path, {text}]) => [path, text]);
      return {...facts, texts, root: ''};
    });
    expect(remote).toEqual(here);
  });

  it('is set up by the script of the plan, verified after a reboot, and taken back', () => {
    const dom0 = makeDom0();
    const before = stateOf(dom0);
    const script = scriptFor(dom0);
    expect(did(dom0, script, 'check')).toContain('is as the plan saw it');
    expect(stateOf(dom0)).toBe(before);

    did(dom0, script, 'apply');
    const [entry, serial, safe, fallback] = menu(dom0).split('menuentry ').slice(1);
    for (const changed of [entry, serial])
      expect(changed).toMatch(/module2 \S+ root=LABEL=root-vpilot .* xen-pciback\.hide=\(0000:41:00\.0\)\n/);
    for (const left of [safe, fallback]) expect(left).not.toContain('hide');
    expect(vms(dom0)).toContain('other-config (MRW): base_template_name: Windows 10 (64-bit); pci: 0/0000:41:00.0\n');
    expect(vms(dom0)).toContain('VCPUs-params (MRW): mask: 2;3\n');
    expect(did(dom0, script, 'apply')).toContain('Already applied');

    const {preview} = previewOf(capture(dom0));
    expect(preview.changes).toEqual([]);
    reboot(dom0);
    const root = capture(dom0);
    const results = verifyPlanOnly(preview.plan, openSource(root, null), readHost(openSource(root, null)));
    expect(results.filter(({status}) => status === 'broken' || status === 'pending')).toEqual([]);
    expect(results.filter(({status}) => status === 'kept').map(({promise}) => promise)).toEqual(
      expect.arrayContaining([
        '0000:41:00.0 is hidden from dom0.',
        'The VM win10 gets 0000:41:00.0.',
        'XAPI pins its vCPUs to 2;3.',
        'The VM win10 gets the USB device 1cf1:0030 at 1-2.',
        'The entry that starts by default has the arguments of Xen and dom0.',
      ]),
    );

    did(dom0, script, 'undo');
    expect(stateOf(dom0)).toBe(before);
    expect(existsSync(kept(dom0))).toBe(false);
  });

  it('is set up and taken back through a pipe, as over ssh, and no program reads the rest of the script', () => {
    const dom0 = makeDom0();
    const before = stateOf(dom0);
    const input = readFileSync(scriptFor(dom0), 'utf8').replace('execute() {', 'execute() {\n  cat >/dev/null');
    const piped = (verb: string) =>
      spawnSync('/bin/dash', ['-s', verb], {input, encoding: 'utf8', env: {ROOT: dom0.root}});
    expect(piped('check')).toMatchObject({status: 0, stderr: ''});
    expect(piped('apply')).toMatchObject({status: 0, stderr: '', stdout: expect.stringContaining('sh SCRIPT undo')});
    expect(vms(dom0)).toContain('0/0000:41:00.0');
    expect(piped('undo')).toMatchObject({status: 0, stderr: ''});
    expect(stateOf(dom0)).toBe(before);
  });

  it.skipIf(!existsSync('/bin/bash'))('is set up and taken back by bash too, which is sh in dom0', () => {
    const dom0 = makeDom0();
    const before = stateOf(dom0);
    const script = scriptFor(dom0);
    const posix = (verb: string) =>
      spawnSync('/bin/bash', ['--posix', script, verb], {encoding: 'utf8', env: {ROOT: dom0.root}});
    for (const verb of ['check', 'apply', 'undo']) expect(posix(verb)).toMatchObject({status: 0, stderr: ''});
    expect(stateOf(dom0)).toBe(before);
    const {status, stdout} = spawnSync('/bin/bash', ['--posix', '-s'], {
      input: captureScript(dom0),
      encoding: 'utf8',
      env: {ROOT: dom0.root},
      maxBuffer: 1 << 28,
    });
    expect(status).toBe(0);
    expect(parseStream(stdout).collected.length).toBeGreaterThan(100);
  });

  it('never restarts the host, and gives xen-cmdline one key a call', () => {
    const dom0 = makeDom0();
    const script = scriptFor(dom0);
    did(dom0, script, 'apply');
    did(dom0, script, 'undo');
    expect(readFileSync(script, 'utf8')).not.toMatch(/^[^#']*\b(?:reboot|shutdown|poweroff)\b/m);
    const calls = readFileSync(join(dom0.root, 'log'), 'utf8').split('\n');
    for (const call of calls.filter((one) => one.startsWith('xen-cmdline'))) expect(call.split(' ')).toHaveLength(3);
  });

  // The fourth step goes on after its command has ended; the last two ask for a UUID first.
  it.each([
    ['before', [1, 4, 6], /^ {2}: >"\$state\/command-\$1"$/],
    ['during', [1, 5], /^ {2}command_line "\$1" \|\| fail 'This command failed\.'$/],
    ['after', [1, 2, 3, 4, 5, 6], /^ {2}settle "\$1" after \|\| fail 'This command has not done what it should\.'$/],
  ])('killed %s any step, the next run says so, and undo finds what was done', (_, counts, line) => {
    const dom0 = makeDom0();
    const before = stateOf(dom0);
    const script = scriptFor(dom0);
    const lines = readFileSync(script, 'utf8').split('\n');
    const place = lines.findIndex((one) => line.test(one));
    for (const count of counts) {
      const killed = `${script}.${count}`;
      const kill = `reached=$((\${reached:-0} + 1)); [ "$reached" != ${count} ] || kill -9 $$`;
      writeFileSync(killed, lines.toSpliced(place, 0, kill).join('\n'));
      expect(spawnSync('/bin/dash', [killed, 'apply'], {env: {ROOT: dom0.root}}).signal).toBe('SIGKILL');
      expect(run(dom0, script, 'apply')).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/ended half way.*\nRun this first: sh .* undo/),
      });
      did(dom0, script, 'undo');
      expect(stateOf(dom0)).toBe(before);
    }
  });

  it('refuses a host that has changed since it was captured', () => {
    const dom0 = makeDom0();
    const script = scriptFor(dom0);
    spawnSync(join(dom0.programs, 'xen-cmdline'), ['--set-dom0', 'xen-pciback.hide=(0000:02:00.0)']);
    const changed = stateOf(dom0);
    for (const verb of ['check', 'apply'])
      expect(run(dom0, script, verb)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("says 'xen-pciback.hide=(0000:02:00.0)', and not ''"),
      });
    expect(stateOf(dom0)).toBe(changed);
    expect(existsSync(kept(dom0))).toBe(false);
  });

  it('takes no silence of XAPI for an empty value', () => {
    const dom0 = makeDom0();
    const script = scriptFor(dom0);
    writeFileSync(join(dom0.root, 'down'), '');
    expect(run(dom0, script, 'check').stderr).toContain('param-key=pci gives no answer');
    rmSync(join(dom0.root, 'down'));
    did(dom0, script, 'apply');
    const applied = stateOf(dom0);
    writeFileSync(join(dom0.root, 'down'), '');
    expect(run(dom0, script, 'undo')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Nothing was put back'),
    });
    expect(stateOf(dom0)).toBe(applied);
  });

  it('gives the VM its USB device, and takes it back only while the VM is off', () => {
    const dom0 = makeDom0();
    const before = stateOf(dom0);
    const script = scriptFor(dom0);
    did(dom0, script, 'apply');
    const places = join(dom0.root, outputFile(['xe', 'vusb-list', 'params=all']));
    expect(parseRecords(readFileSync(places, 'utf8'))).toMatchObject([{'vm-uuid': vm}]);
    const attached = (from: string, to: string): void =>
      writeFileSync(places, readFileSync(places, 'utf8').replace(`( RO): ${from}`, `( RO): ${to}`));
    attached('false', 'true');
    const running = stateOf(dom0);
    expect(run(dom0, script, 'undo')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`Shut it down first: xe vm-shutdown uuid=${vm}`),
    });
    expect(stateOf(dom0)).toBe(running);
    attached('true', 'false');
    did(dom0, script, 'undo');
    expect(stateOf(dom0)).toBe(before);
  });

  it('failure mode 101: takes back what is left when the USB device was pulled out', () => {
    const dom0 = makeDom0();
    const before = stateOf(dom0);
    const script = scriptFor(dom0);
    did(dom0, script, 'apply');
    // XAPI looks by itself when something is pulled out.
    rmSync(join(dom0.root, 'sys/bus/usb/devices/1-2'));
    spawnSync(process.execPath, [join(import.meta.dirname, '../../support/stand-in-dom0/scan-usb.mjs'), dom0.root]);
    did(dom0, script, 'undo');
    expect(stateOf(dom0)).toBe(before);
  });

  it('captures no serial number of a USB device', () => {
    const dom0 = makeDom0();
    did(dom0, scriptFor(dom0), 'apply');
    const [here, there] = [dom0.root, capture(dom0)].map((root) =>
      readFileSync(join(root, outputFile(['xe', 'pusb-list', 'params=all'])), 'utf8'),
    );
    expect(here).toContain('NEVER-IN-A-CAPTURE');
    expect(there).toContain('1cf1');
    expect(there).not.toContain('NEVER-IN-A-CAPTURE');
  });

  it('takes nothing back that somebody else has changed since', () => {
    const dom0 = makeDom0();
    const script = scriptFor(dom0);
    did(dom0, script, 'apply');
    const set = ['vm-param-set', `uuid=${vm}`, 'other-config:pci=0/0000:02:00.0'];
    spawnSync(join(dom0.programs, 'xe'), set);
    const changed = stateOf(dom0);
    expect(run(dom0, script, 'undo')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("says '0/0000:02:00.0', and not '' as the plan saw it"),
    });
    expect(stateOf(dom0)).toBe(changed);
  });

  it('failure mode 98: is told apart before the reboot, and where a fallback entry was started', () => {
    const dom0 = makeDom0();
    did(dom0, scriptFor(dom0), 'apply');
    const root = capture(dom0);
    const {preview, facts} = previewOf(root);
    const [hidden] = verifyPlanOnly(preview.plan, openSource(root, null), facts).filter(({id}) => id === 'xen-hidden');
    expect(hidden).toMatchObject({
      status: 'pending',
      fact: expect.stringContaining('from the next boot on'),
      remedy: expect.stringContaining('a fallback'),
    });
  });
});
