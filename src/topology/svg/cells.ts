import type {CpuRole, RoleOf} from '../cpu-roles.ts';
import type {Core} from '../domains.ts';
import {coreRole} from '../map-cells.ts';
import {evenRow, flow} from './grid.ts';
import type {Ink} from './palette.ts';
import {move, rect, text, type Block} from './shapes.ts';

/** Every thread with its number up to this many CPUs, then a square for each core. */
export const mostNumbered = 128;

const thread = {narrowest: 28, widest: 40, height: 30};
const inset = 2;
const gap = 4;
const square = 20;

const inkOf: Readonly<Record<CpuRole['role'], Ink>> = {host: 'muted', vcpu: 'on-vcpu', emulator: 'on-emulator', iothread: 'on-iothread'};

/** Cores in even rows; threads as wide as a row lets them be. */
export const numberedCores = (cores: readonly Core[], width: number, roleOf: RoleOf): Block => {
  const threads = Math.max(1, ...cores.map((core) => core.length));
  const perRow = evenRow(cores.length, width, coreWidth(threads, thread.narrowest), gap);
  const room = (width + gap) / perRow - gap;
  const wide = Math.max(thread.narrowest, Math.min(thread.widest, Math.floor((room - inset) / threads - inset)));
  return flow(cores.map((core) => numberedCore(core, roleOf, wide)), width, gap);
};

const coreWidth = (threads: number, width: number): number => threads * (width + inset) + inset;

/** Threads side by side, each with its number and what it does. */
const numberedCore = (core: Core, roleOf: RoleOf, width: number): Block => {
  const box = {width: coreWidth(core.length, width), height: thread.height + 2 * inset};
  const threads = core.flatMap(({id}, index) => move(numberedThread(id, roleOf(id), width), inset + index * (width + inset), inset));
  return {...box, shapes: [rect(0, 0, box.width, box.height, 'node'), ...threads]};
};

const numberedThread = (cpu: number, {role, label}: CpuRole, width: number): Block => ({
  width,
  height: thread.height,
  shapes: [
    rect(0, 0, width, thread.height, role, {radius: 3, title: describeThread(cpu, label)}),
    text(width / 2, 11, String(cpu), width, {ink: inkOf[role], size: 'small', isCentred: true}),
    text(width / 2, 24, label, width, {ink: inkOf[role], size: label.length > 3 ? 'small' : 'normal', isBold: role !== 'host', isCentred: true}),
  ],
});

export const letteredCores = (cores: readonly Core[], width: number, roleOf: RoleOf): Block =>
  flow(cores.map((core) => letteredCore(core, roleOf)), width, gap);

/** One letter, small where not every thread has the role. */
const letteredCore = (core: Core, roleOf: RoleOf): Block => {
  const {role, letter} = coreRole(core, roleOf);
  return {
    width: square,
    height: square,
    shapes: [
      rect(0, 0, square, square, role, {radius: 3, title: core.map(({id}) => describeThread(id, roleOf(id).label)).join(', ')}),
      text(square / 2, 14, letter, square, {ink: inkOf[role], isBold: role !== 'host', isCentred: true}),
    ],
  };
};

const describeThread = (cpu: number, label: string): string => `CPU ${cpu}: ${label === '·' ? 'host' : label}`;
