import {arcXe} from './arc-xe.ts';
import {asusP8h67m} from './asus-p8h67m.ts';
import {dellR710, dellR710Debian12} from './dell-r710.ts';
import {dualSocket} from './dual-socket.ts';
import {assemble, type Entries} from './entries.ts';
import {gvtLaptop} from './gvt-laptop.ts';
import {l40sServer} from './l40s-server.ts';
import {laptopOptimus} from './laptop-optimus.ts';
import {mediatedLab} from './mediated-lab.ts';
import {proxmoxGpu, proxmoxServer} from './proxmox-gpu.ts';
import {ryzenOneCard} from './ryzen-one-card.ts';
import {ryzenTwoCards} from './ryzen-two-cards.ts';
import {sriovNic} from './sriov-nic.ts';
import {twoIdenticalCards} from './two-identical-cards.ts';
import {ampereServer, turingServer} from './vgpu-servers.ts';
import {xcpNg} from './xcp-ng.ts';
import {xenDesktop} from './xen-desktop.ts';

const hosts: Readonly<Record<string, (machines: string) => Entries>> = {
  'ampere-server': ampereServer,
  'arc-xe': arcXe,
  'asus-p8h67m-gtx750': asusP8h67m,
  'dell-r710-gtx1050': dellR710,
  'dell-r710-gtx1050-debian12': dellR710Debian12,
  'dual-socket-1gib': dualSocket,
  'gvt-laptop': gvtLaptop,
  'l40s-server': l40sServer,
  'laptop-optimus': laptopOptimus,
  'mediated-lab': mediatedLab,
  'proxmox-gpu': proxmoxGpu,
  'proxmox-server': proxmoxServer,
  'ryzen-one-card': ryzenOneCard,
  'ryzen-two-cards': ryzenTwoCards,
  'sriov-nic': sriovNic,
  'turing-server': turingServer,
  'two-identical-cards': twoIdenticalCards,
  'xcp-ng-one-gpu': xcpNg,
  'xen-desktop': xenDesktop,
};

export const describedHosts: readonly string[] = Object.keys(hosts);

/** The host from its description and the captured machines below `machines`; what lies in test/hosts is this, written out. */
export const makeHost = (name: string, machines: string): Entries => {
  const make = hosts[name];
  if (make === undefined) throw new Error(`${name} has no description`);
  return assemble([make(machines)]);
};
