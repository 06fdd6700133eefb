/** A host that comes with the program; `tree` is its file among the hosts of the tests, which says what is invented of it. */
export type DemoHost = {readonly tree: string; readonly summary: string};

/** By name; the first one is the host of `--demo` alone. */
export const demoHosts: Readonly<Record<string, DemoHost>> = {
  'two-cards': {tree: 'ryzen-two-cards', summary: 'a desktop with a card for the guest and one for the host'},
  'one-card': {tree: 'ryzen-one-card', summary: 'a desktop whose only card is lent to the guest while it runs'},
  laptop: {tree: 'laptop-optimus', summary: 'a laptop with integrated graphics and a card without outputs'},
  r710: {tree: 'dell-r710-gtx1050', summary: 'a server with two sockets that cannot remap interrupts'},
  proxmox: {tree: 'proxmox-gpu', summary: 'Proxmox VE with guests of its own'},
  sriov: {tree: 'sriov-nic', summary: 'a network card of which each guest gets a virtual function'},
};

export const defaultDemo = 'two-cards';
