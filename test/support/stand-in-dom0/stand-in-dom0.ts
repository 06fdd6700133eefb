import {chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {remoteScript} from '../../../src/capture/remote/remote-script.ts';
import {parseXenMenu} from '../../../src/formats/boot-entry/xen-menu.ts';
import {parseHideList} from '../../../src/formats/xen-hide.ts';
import {outputFile} from '../../../src/system/source.ts';
import {unpackHost} from '../host-tree.ts';
import {captureOnStandIn, scriptOnStandIn} from './on-stand-in.mjs';

/**
 * A tree with programs that stand in for those of dom0: xen-cmdline and xe are our own code, and xl and xenpm print what
 * they said on another machine. Nothing of XCP-ng runs here.
 */
export type StandIn = {readonly root: string; readonly programs: string};

export const makeDom0 = (): StandIn => {
  const root = unpackHost('xcp-ng-one-gpu');
  const programs = join(root, 'stand-in');
  mkdirSync(programs);
  const put = (name: string, text: string): void => {
    writeFileSync(join(programs, name), text);
    chmodSync(join(programs, name), 0o755);
  };
  for (const name of ['xen-cmdline', 'xe'])
    put(
      name,
      `#!/bin/sh\n[ ! -e '${root}/down' ] || export XAPI_DOWN=yes\necho "${name} $*" >>'${root}/log'\nexec '${process.execPath}' '${join(import.meta.dirname, `${name}.mjs`)}' '${root}' "$@"\n`,
    );
  for (const name of ['xl', 'xenpm'])
    put(
      name,
      `#!/bin/sh\nfile='${root}/run/vfio-pilot/output/${name}'\nfor word; do file=\${file}_$word; done\ncat "$file"\n`,
    );
  return {root, programs};
};

export const captureScript = ({programs}: StandIn): string => captureOnStandIn(programs, remoteScript());

export const onStandIn = ({programs}: StandIn, text: string): string => scriptOnStandIn(programs, text);

/** What a reboot does with the entry that starts by default: its arguments, and the cards that they hide. */
export const reboot = ({root}: StandIn): void => {
  const menu = parseXenMenu(readFileSync(join(root, 'boot/grub/grub.cfg'), 'utf8'));
  const entry = menu.find(({title}) => title === 'XCP-ng');
  if (entry === undefined) throw new Error('nothing to start');
  writeFileSync(join(root, 'proc/cmdline'), `${entry.kernel}\n`);
  const value = /(?:^| )xen-pciback\.hide=(\S+)/.exec(entry.kernel)?.[1] ?? '';
  const isHidden = parseHideList(value).elements.some(({bus}) => bus === 0x41);
  const driver = join(root, 'sys/devices/pci0000:40/0000:40:00.0/0000:41:00.0/driver');
  rmSync(driver);
  symlinkSync(`../../../../bus/pci/drivers/${isHidden ? 'pciback' : 'bochs-drm'}`, driver);
  writeFileSync(join(root, outputFile(['xl', 'pci-assignable-list'])), isHidden ? '0000:41:00.0 \n' : '');
};
