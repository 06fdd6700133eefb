import type {Plan} from '../../plan/plan.ts';
import type {EarlyBinding} from '../binding.ts';
import {canBind, renderClaims, renderUdevRules} from './claim-devices.ts';
import {renderModprobe} from './modprobe.ts';

export const earlyVfio = (plan: Plan): EarlyBinding => ({
  keeper: 'vfio-pci',
  canBind,
  claims: (pci) => renderClaims(plan, pci),
  rules: (pci) => renderUdevRules(plan, pci),
  moduleOptions: () => renderModprobe(plan),
});
