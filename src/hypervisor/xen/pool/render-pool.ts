import {
  absent,
  hasOwnHeader,
  joinRendered,
  ownHeader,
  type Rendered,
  renderOwned,
} from '../../../artifacts/rendered.ts';
import {bootUnit, renderBootUnit, scriptDirectory} from '../../../devices/boot-unit.ts';
import {unitNamePart} from '../../../devices/unit-name.ts';
import {type FileTable, keeps} from '../../../facts/file-table.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import {formatCpuList} from '../../../facts/kernel-lists.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import type {XenPlan} from '../xen-facts.ts';
import functions from './make-pool.sh';

/** The unit and the file of the pool are among the files that are read anyway. */
export const poolFiles: FileTable = [keeps(scriptDirectory, 'pool-*')];

const prefix = '/etc/xen/vfio-pilot-pool-';

const poolFileOf = (guest: string): string => `${prefix}${unitNamePart(guest)}.cfg`;

export const isPoolFile = (path: string): boolean => path.startsWith(prefix);

/** The file of the pool (xlcpupool.cfg(5)), and a unit that makes it at each boot, as Xen forgets pools. */
export const renderPool = (facts: HostFacts, plan: XenPlan): Rendered => {
  const {name: guest, pool} = plan.guest;
  const unit = bootUnit(guest, {unit: 'pool', script: 'pool'});
  const file = poolFileOf(guest);
  if (pool === null)
    return joinRendered([
      renderBootUnit(facts, plan, unit, null),
      {artifacts: hasOwnHeader(facts.files[file]) ? [absent(file)] : [], findings: []},
    ]);
  const {name, cpus, scheduler} = pool;
  const text = [
    `name = "${name}"`,
    ...(scheduler === null ? [] : [`sched = "${scheduler}"`]),
    `cpus = "${formatCpuList(cpus)}"`,
  ].join('\n');
  return joinRendered([
    renderOwned(facts, file, `${ownHeader('#', plan.profile)}${text}\n`, 0o644, 'The pool, as xl makes it.'),
    renderBootUnit(facts, plan, unit, {
      whyScript: 'Takes the CPUs out of Pool-0, and makes the pool of them.',
      whyUnit: 'Xen forgets pools at each boot.',
      script: {
        remark: 'Where the pool can’t be made, its CPUs go back.',
        variables: ['xl=xl', 'patience=120', 'second=1'],
        functions,
        lock: 'pools',
        calls: [`make ${[name, file, ...cpus.map(String)].map(quoteForShell).join(' ')} || failed=1`],
      },
      unit: {
        description: `Pool of CPUs for the guest ${guest}`,
        after: ['xen.service', 'xenstored.service', 'xen-init-dom0.service'],
        before: ['xendomains.service'],
      },
    }),
  ]);
};
